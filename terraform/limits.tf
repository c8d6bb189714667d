variable "rate_rps" {
  description = "Requests a second of one key. Best effort, as AWS says; no guard against cost."
  type        = number
  default     = 20
}

variable "rate_burst" {
  description = "Requests of one key that may come at once."
  type        = number
  default     = 40
}

variable "daily_quota" {
  description = "Requests a day of one key."
  type        = number
  default     = 10000
}

variable "stage_rate_rps" {
  description = "Requests a second of everybody together, with a key or without."
  type        = number
  default     = 200
}

variable "stage_burst" {
  description = "Requests of everybody together that may come at once."
  type        = number
  default     = 400
}

variable "first_key" {
  description = "The first API key's value; left out, AWS makes one."
  type        = string
  default     = null
  sensitive   = true
}

# Callers are told apart by key alone; hand out one for each with `aws apigateway create-api-key`.
resource "aws_api_gateway_api_key" "first" {
  name        = "${var.name}-first"
  description = "The first key of ${var.name}; see the output api_key."
  value       = var.first_key
}

resource "aws_api_gateway_usage_plan" "callers" {
  name        = "${var.name}-callers"
  description = "What each key of ${var.name} may do."

  api_stages {
    api_id = aws_api_gateway_rest_api.faceplate.id
    stage  = aws_api_gateway_stage.live.stage_name
  }

  throttle_settings {
    rate_limit  = var.rate_rps
    burst_limit = var.rate_burst
  }

  quota_settings {
    limit  = var.daily_quota
    period = "DAY"
  }
}

resource "aws_api_gateway_usage_plan_key" "first" {
  key_id        = aws_api_gateway_api_key.first.id
  key_type      = "API_KEY"
  usage_plan_id = aws_api_gateway_usage_plan.callers.id
}

resource "aws_api_gateway_method_settings" "every_route" {
  rest_api_id = aws_api_gateway_rest_api.faceplate.id
  stage_name  = aws_api_gateway_stage.live.stage_name
  method_path = "*/*"

  settings {
    metrics_enabled        = true
    logging_level          = "OFF"
    data_trace_enabled     = false
    throttling_rate_limit  = var.stage_rate_rps
    throttling_burst_limit = var.stage_burst
  }
}
