# docs/how-to/custom-domain.md
variable "create_custom_domain" {
  description = "Serve the API at subdomain.root_domain, with a certificate of its own."
  type        = bool
  default     = false
}

variable "root_domain" {
  description = "A domain whose zone is in this account's Route53, as example.com."
  type        = string
  default     = ""
}

variable "subdomain" {
  description = "The part before root_domain."
  type        = string
  default     = "faceplate"
}

variable "base_path" {
  description = "A first part of every path below the domain; empty for none."
  type        = string
  default     = ""
}

locals {
  domains = var.create_custom_domain ? { api = "${var.subdomain}.${var.root_domain}" } : {}
}

data "aws_route53_zone" "root" {
  for_each = local.domains
  name     = var.root_domain

  lifecycle {
    precondition {
      condition     = var.root_domain != ""
      error_message = "create_custom_domain needs a root_domain."
    }
  }
}

resource "aws_acm_certificate" "api" {
  for_each          = local.domains
  domain_name       = each.value
  validation_method = "DNS"

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_route53_record" "validation" {
  for_each        = local.domains
  zone_id         = data.aws_route53_zone.root[each.key].zone_id
  name            = one(aws_acm_certificate.api[each.key].domain_validation_options).resource_record_name
  type            = one(aws_acm_certificate.api[each.key].domain_validation_options).resource_record_type
  records         = [one(aws_acm_certificate.api[each.key].domain_validation_options).resource_record_value]
  ttl             = 300
  allow_overwrite = true
}

resource "aws_acm_certificate_validation" "api" {
  for_each                = local.domains
  certificate_arn         = aws_acm_certificate.api[each.key].arn
  validation_record_fqdns = [aws_route53_record.validation[each.key].fqdn]
}

resource "aws_api_gateway_domain_name" "api" {
  for_each                 = local.domains
  domain_name              = each.value
  regional_certificate_arn = aws_acm_certificate_validation.api[each.key].certificate_arn
  security_policy          = "TLS_1_2"

  endpoint_configuration {
    types = ["REGIONAL"]
  }
}

resource "aws_api_gateway_base_path_mapping" "api" {
  for_each    = local.domains
  api_id      = aws_api_gateway_rest_api.faceplate.id
  stage_name  = aws_api_gateway_stage.live.stage_name
  domain_name = aws_api_gateway_domain_name.api[each.key].domain_name
  base_path   = var.base_path == "" ? null : var.base_path
}

resource "aws_route53_record" "api" {
  for_each = local.domains
  zone_id  = data.aws_route53_zone.root[each.key].zone_id
  name     = each.value
  type     = "A"

  alias {
    name                   = aws_api_gateway_domain_name.api[each.key].regional_domain_name
    zone_id                = aws_api_gateway_domain_name.api[each.key].regional_zone_id
    evaluate_target_health = false
  }
}
