# Pictures that arrive in the bucket, and once a day people who have expired: expiry.tf.
resource "aws_lambda_function" "index" {
  function_name    = local.functions.index
  description      = "Pictures that arrive in the bucket; people who have expired."
  role             = aws_iam_role.index.arn
  filename         = local.zip
  source_code_hash = local.package.sha256_base64
  handler          = "faceplate.entrypoints.lambda_index.handler"
  runtime          = local.python
  architectures    = [local.architecture]
  memory_size      = var.memory_mb.index
  timeout          = local.index_timeout_s
  publish          = true

  environment {
    variables = merge(local.environment, var.extra_environment)
  }

  logging_config {
    log_format = "JSON"
    log_group  = aws_cloudwatch_log_group.functions.name
  }

  lifecycle {
    precondition {
      condition     = local.package_made
      error_message = local.package_help
    }
  }

  # Once it may log and reach its table; deleted before they are.
  depends_on = [aws_iam_role_policy.index]
}

# What could not be done in twenty tries waits here for somebody to look: docs/how-to/logs.md.
resource "aws_sqs_queue" "dead_letters" {
  name                      = "${var.name}-dead-letters"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
}

resource "aws_iam_role" "index" {
  name               = "${local.functions.index}-${var.aws_region}"
  description        = "What the function index may do."
  assume_role_policy = data.aws_iam_policy_document.lambda_trust.json
}

resource "aws_iam_role_policy" "index" {
  name   = "index"
  role   = aws_iam_role.index.id
  policy = data.aws_iam_policy_document.index.json
}

data "aws_iam_policy_document" "index" {
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
      "rekognition:CreateCollection",
      "rekognition:DeleteFaces",
      "rekognition:DeleteUser",
      "rekognition:DescribeCollection",
      "rekognition:DisassociateFaces",
      "rekognition:IndexFaces",
      "rekognition:ListFaces",
    ]
    resources = local.collection_arns
  }

  statement {
    sid       = "Arrivals"
    actions   = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
    resources = [aws_sqs_queue.arrivals.arn]
  }
}
