# Prompt applications and the OpenAI surface.
resource "aws_lambda_function" "text" {
  function_name    = local.functions.text
  description      = "Prompt applications and the OpenAI surface."
  role             = aws_iam_role.text.arn
  filename         = local.zip
  source_code_hash = local.package.sha256_base64
  handler          = "faceplate.entrypoints.lambda_text.handler"
  runtime          = local.python
  architectures    = [local.architecture]
  memory_size      = var.memory_mb.text
  timeout          = local.function_timeout_s
  publish          = true

  environment {
    # The version is for nobody to read: with another one, functions start anew and read the new key.
    variables = merge(local.environment, local.chat, var.extra_environment, {
      PROVIDER_KEY_VERSION = tostring(var.provider_key_version)
    })
  }

  logging_config {
    log_format = "JSON"
    log_group  = aws_cloudwatch_log_group.functions.name
  }

  dynamic "snap_start" {
    for_each = local.snap_start ? [1] : []

    content {
      apply_on = "PublishedVersions"
    }
  }

  lifecycle {
    precondition {
      condition     = local.package_made
      error_message = local.package_help
    }
  }

  # Once it may log and reach its table; deleted before they are.
  depends_on = [aws_iam_role_policy.text, aws_ssm_parameter.provider_key]
}

# The name that others call: versions come and go behind it.
resource "aws_lambda_alias" "text" {
  name             = "live"
  description      = "The version that serves."
  function_name    = aws_lambda_function.text.function_name
  function_version = aws_lambda_function.text.version
}

resource "aws_lambda_permission" "text" {
  statement_id  = "gateway"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.text.function_name
  qualifier     = aws_lambda_alias.text.name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.faceplate.execution_arn}/*/*"
}

resource "aws_iam_role" "text" {
  name               = "${local.functions.text}-${var.aws_region}"
  description        = "What the function text may do."
  assume_role_policy = data.aws_iam_policy_document.lambda_trust.json
}

resource "aws_iam_role_policy" "text" {
  name   = "text"
  role   = aws_iam_role.text.id
  policy = data.aws_iam_policy_document.text.json
}

data "aws_iam_policy_document" "text" {
  statement {
    sid       = "Log"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.functions.arn}:*"]
  }

  statement {
    sid = "Records"
    actions = [
      "dynamodb:GetItem",
      "dynamodb:Query",
      "dynamodb:UpdateItem",
    ]
    resources = [aws_dynamodb_table.records.arn, "${aws_dynamodb_table.records.arn}/index/*"]
  }

  statement {
    sid       = "ProviderKey"
    actions   = ["ssm:GetParameter"]
    resources = [local.provider_key_arn]
  }
}
