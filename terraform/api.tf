# The API is one OpenAPI document, so that its size in resources does not grow with its routes; the
# reasons are in docs/decisions/0019-routes-of-the-gateway-as-one-document.md.
resource "aws_api_gateway_rest_api" "faceplate" {
  name               = var.name
  description        = "Faceplate: faces and prompt applications."
  api_key_source     = "HEADER"
  binary_media_types = ["*/*"]
  body               = local.api_document

  endpoint_configuration {
    types = ["REGIONAL"]
  }

  lifecycle {
    create_before_destroy = true
  }
}

locals {
  api_document = jsonencode({
    openapi = "3.0.1"
    info    = { title = var.name, version = "1" }
    paths   = local.routes

    components = {
      securitySchemes = { api_key = { type = "apiKey", name = "x-api-key", in = "header" } }
    }

    "x-amazon-apigateway-api-key-source"     = "HEADER"
    "x-amazon-apigateway-binary-media-types" = ["*/*"]
    "x-amazon-apigateway-gateway-responses"  = local.gateway_responses
  })

  # What the gateway answers by itself has the same shape and the same CORS headers as the rest.
  problems = {
    DEFAULT_4XX         = { title = "Bad Request", code = "gateway_refused" }
    DEFAULT_5XX         = { title = "Bad Gateway", code = "gateway_failed" }
    INVALID_API_KEY     = { title = "Forbidden", code = "gateway_key_invalid", status = 403 }
    INTEGRATION_FAILURE = { title = "Bad Gateway", code = "gateway_failed", status = 502 }
    INTEGRATION_TIMEOUT = { title = "Gateway Timeout", code = "deadline_exceeded", status = 504 }
    QUOTA_EXCEEDED      = { title = "Too Many Requests", code = "quota_exceeded", status = 429 }
    REQUEST_TOO_LARGE   = { title = "Content Too Large", code = "body_too_large", status = 413 }
    THROTTLED           = { title = "Too Many Requests", code = "rate_limited", status = 429 }
  }

  gateway_responses = { for kind, problem in local.problems : kind => merge(
    {
      responseParameters = {
        "gatewayresponse.header.Access-Control-Allow-Origin"   = "'*'"
        "gatewayresponse.header.Access-Control-Expose-Headers" = "'x-request-id, retry-after'"
        "gatewayresponse.header.Content-Type"                  = "'application/problem+json'"
      }
      responseTemplates = {
        "application/json" = join("", [
          "{\"type\":\"about:blank\",\"title\":\"${problem.title}\",",
          try("\"status\":${problem.status},", ""),
          "\"detail\":$context.error.messageString,\"code\":\"${problem.code}\",",
          "\"request_id\":\"$context.requestId\"}",
        ])
      }
    },
    try({ statusCode = problem.status }, {}),
  ) }
}

resource "aws_api_gateway_deployment" "current" {
  rest_api_id = aws_api_gateway_rest_api.faceplate.id

  triggers = {
    document = sha1(local.api_document)
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_stage" "live" {
  rest_api_id   = aws_api_gateway_rest_api.faceplate.id
  deployment_id = aws_api_gateway_deployment.current.id
  stage_name    = var.stage

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn
    format = jsonencode({
      event       = "gateway.request"
      request_id  = "$context.requestId"
      time        = "$context.requestTime"
      method      = "$context.httpMethod"
      route       = "$context.resourcePath"
      status      = "$context.status"
      key_id      = "$context.identity.apiKeyId"
      error       = "$context.error.responseType"
      duration_ms = "$context.responseLatency"
      function_ms = "$context.integrationLatency"
      bytes       = "$context.responseLength"
    })
  }

  depends_on = [aws_api_gateway_account.logs]
}
