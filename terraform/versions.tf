terraform {
  # 1.11: write-only arguments, which keep the provider's key out of the state.
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}

provider "aws" {
  region              = var.aws_region
  profile             = var.aws_profile
  allowed_account_ids = [var.account_id]
  max_retries         = var.aws_max_retries

  default_tags {
    tags = local.tags
  }
}

# A certificate that CloudFront is not involved with lives in the stack's own region, so that one
# provider is enough.
