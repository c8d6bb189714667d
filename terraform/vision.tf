# Faces, pictures and people.
resource "aws_lambda_function" "vision" {
  function_name    = local.functions.vision
  description      = "Faces, pictures and people."
  role             = aws_iam_role.vision.arn
  filename         = local.zip
  source_code_hash = local.package.sha256_base64
  handler          = "faceplate.entrypoints.lambda_vision.handler"
  runtime          = local.python
  architectures    = [local.architecture]
  memory_size      = var.memory_mb.vision
  timeout          = local.function_timeout_s
  publish          = true

  environment {
    variables = merge(local.environment, var.extra_environment)
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
  depends_on = [aws_iam_role_policy.vision]
}

# The name that others call: versions come and go behind it.
resource "aws_lambda_alias" "vision" {
  name             = "live"
  description      = "The version that serves."
  function_name    = aws_lambda_function.vision.function_name
  function_version = aws_lambda_function.vision.version
}

resource "aws_lambda_permission" "vision" {
  statement_id  = "gateway"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.vision.function_name
  qualifier     = aws_lambda_alias.vision.name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.faceplate.execution_arn}/*/*"
}

resource "aws_iam_role" "vision" {
  name               = "${local.functions.vision}-${var.aws_region}"
  description        = "What the function vision may do."
  assume_role_policy = data.aws_iam_policy_document.lambda_trust.json
}

resource "aws_iam_role_policy" "vision" {
  name   = "vision"
  role   = aws_iam_role.vision.id
  policy = data.aws_iam_policy_document.vision.json
}

data "aws_iam_policy_document" "vision" {
  statement {
    sid       = "Log"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.functions.arn}:*"]
  }

  statement {
    sid = "Records"
    actions = [
      "dynamodb:BatchGetItem",
      "dynamodb:ConditionCheckItem",
      "dynamodb:DeleteItem",
      "dynamodb:GetItem",
      "dynamodb:PartiQLSelect",
      "dynamodb:PutItem",
      "dynamodb:Query",
      "dynamodb:UpdateItem",
    ]
    resources = [aws_dynamodb_table.records.arn, "${aws_dynamodb_table.records.arn}/index/*"]
  }

  statement {
    sid       = "Pictures"
    actions   = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
    resources = ["${aws_s3_bucket.pictures.arn}/*"]
  }

  statement {
    sid       = "PictureList"
    actions   = ["s3:ListBucket"]
    resources = [aws_s3_bucket.pictures.arn]
  }

  statement {
    sid = "Collection"
    actions = [
      "rekognition:AssociateFaces",
      "rekognition:CreateCollection",
      "rekognition:CreateUser",
      "rekognition:DeleteFaces",
      "rekognition:DeleteUser",
      "rekognition:DescribeCollection",
      "rekognition:DisassociateFaces",
      "rekognition:IndexFaces",
      "rekognition:ListFaces",
      "rekognition:ListUsers",
      "rekognition:SearchFaces",
      "rekognition:SearchFacesByImage",
      "rekognition:SearchUsersByImage",
    ]
    resources = local.collection_arns
  }

  # These two work on pictures alone: AWS has no resource to name.
  statement {
    sid       = "PicturesAlone"
    actions   = ["rekognition:CompareFaces", "rekognition:DetectFaces"]
    resources = ["*"]
  }
}
