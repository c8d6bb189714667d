# One JSON line a request, without names, prompts, keys or pictures.
resource "aws_cloudwatch_log_group" "functions" {
  name              = "/${var.name}/functions"
  retention_in_days = var.log_retention_days
}

resource "aws_cloudwatch_log_group" "access" {
  name              = "/${var.name}/gateway"
  retention_in_days = var.log_retention_days
}

# API Gateway writes logs with one role for the whole account and region. Where there is one
# already, leave it to whoever made it: write_gateway_role = false.
variable "write_gateway_role" {
  description = "Set the role that API Gateway writes logs with, for the whole account and region."
  type        = bool
  default     = true
}

resource "aws_api_gateway_account" "logs" {
  count               = var.write_gateway_role ? 1 : 0
  cloudwatch_role_arn = aws_iam_role.gateway_logs[0].arn
  reset_on_delete     = true

  depends_on = [aws_iam_role_policy_attachment.gateway_logs]
}

resource "aws_iam_role" "gateway_logs" {
  count              = var.write_gateway_role ? 1 : 0
  name               = "${var.name}-gateway-logs-${var.aws_region}"
  description        = "API Gateway writes its logs with this."
  assume_role_policy = data.aws_iam_policy_document.gateway_trust.json
}

resource "aws_iam_role_policy_attachment" "gateway_logs" {
  count = var.write_gateway_role ? 1 : 0
  role  = aws_iam_role.gateway_logs[0].name
  # AWS's own policy for this: the role is tried with it before API Gateway takes it.
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
}

data "aws_iam_policy_document" "gateway_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["apigateway.amazonaws.com"]
    }
  }
}
