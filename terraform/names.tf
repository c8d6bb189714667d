locals {
  tags = merge({ service = var.name, managed_by = "terraform" }, var.tags)

  # Names with the account and region in them, because a bucket's is taken in all of AWS.
  bucket     = "${var.name}-${var.account_id}-${var.aws_region}"
  collection = var.name
  table      = "${var.name}-records"

  functions = { for noun in ["text", "vision", "index"] : noun => "${var.name}-${noun}" }

  # One clock: each waits a little longer than what it waits for.
  gateway_timeout_ms = var.request_timeout_s * 1000
  function_timeout_s = var.request_timeout_s - 1
  chat_deadline_s    = var.request_timeout_s - 3
  index_timeout_s    = 120

  # What `make package` made; the functions refuse to be planned without it.
  package_made = fileexists("${path.module}/${var.package_manifest}")
  package = local.package_made ? jsondecode(file("${path.module}/${var.package_manifest}")) : {
    file          = "missing.zip"
    sha256_base64 = ""
    python        = "3.13"
    architecture  = "arm64"
  }
  zip          = "${path.module}/${dirname(var.package_manifest)}/${local.package.file}"
  python       = coalesce(var.python_runtime, "python${local.package.python}")
  architecture = local.package.architecture
  package_help = "There is no zip for the functions yet. Build it: make package"
  # Source: SnapStart of Lambda takes Python from 3.12 on.
  snap_start = var.snap_start && tonumber(split(".", local.python)[1]) >= 12

  environment = {
    FACEPLATE_MODE            = "aws"
    FACEPLATE_COLLECTION      = local.collection
    FACEPLATE_AWS__BUCKET     = local.bucket
    FACEPLATE_AWS__TABLE      = local.table
    FACEPLATE_CORS_ORIGINS    = join(",", var.cors_origins)
    FACEPLATE_DEBUG_MODE      = tostring(var.debug_mode)
    FACEPLATE_METRICS_PUBLIC  = "false"
    FACEPLATE_MAX_IMAGE_BYTES = "15728640"
  }
}

variable "python_runtime" {
  description = "The functions' runtime; null is the one that the package was built for."
  type        = string
  default     = null
}

variable "snap_start" {
  description = "Start functions from a snapshot: sooner, and paid for as long as it is kept."
  type        = bool
  default     = true
}

variable "extra_environment" {
  description = "Further variables of the functions, as FACEPLATE_CHAT__BASE_URL."
  type        = map(string)
  default     = {}
}

data "aws_iam_policy_document" "lambda_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}
