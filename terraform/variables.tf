variable "account_id" {
  description = "The AWS account the stack belongs to; another account's credentials are refused."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id has twelve digits: aws sts get-caller-identity."
  }
}

variable "aws_region" {
  description = "A region with Amazon Rekognition, as eu-west-1."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.aws_region))
    error_message = "aws_region is the name of a region, as eu-west-1."
  }
}

variable "aws_profile" {
  description = "The profile of your AWS configuration; null takes credentials from the environment."
  type        = string
  nullable    = true
}

variable "name" {
  description = "What everything is called after; a second stack in an account needs another."
  type        = string
  default     = "faceplate"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}$", var.name))
    error_message = "name has 2 to 31 characters: a-z, 0-9 and -, a letter first."
  }
}

variable "stage" {
  description = "The stage of the API: the first part of the path without a domain of your own."
  type        = string
  default     = "live"
}

variable "tags" {
  description = "Further tags for everything."
  type        = map(string)
  default     = {}
}

variable "package_manifest" {
  description = "What `make package` writes about the zip it made."
  type        = string
  default     = "../build/lambda.json"
}

variable "memory_mb" {
  description = "Memory of each function, all three of them; processor time grows with it."
  type        = map(number)
  default     = { text = 512, vision = 1024, index = 1024 }
}

variable "request_timeout_s" {
  description = "How long API Gateway waits. More than 29 needs a quota of your account raised."
  type        = number
  default     = 29

  validation {
    condition     = var.request_timeout_s >= 10 && var.request_timeout_s <= 300
    error_message = "request_timeout_s is 10 to 300."
  }
}

variable "debug_mode" {
  description = "Log more of each request; never names, prompts or bytes."
  type        = bool
  default     = false
}

variable "log_retention_days" {
  description = "How long logs are kept."
  type        = number
  default     = 30
}

variable "cors_origins" {
  description = "Origins whose pages may call the API and send uploads; * for all."
  type        = list(string)
  default     = ["*"]
}

variable "aws_max_retries" {
  description = "How often a call to AWS is tried again while applying."
  type        = number
  default     = 10
}
