# The language model provider's key. Its value goes to AWS and into no state and no plan: it is
# ephemeral here and write-only there. A changed value needs a higher version to be noticed.
variable "provider_key" {
  description = "The provider's API key: TF_VAR_provider_key in the environment, never in a file."
  type        = string
  default     = ""
  ephemeral   = true
  sensitive   = true
}

variable "provider_key_version" {
  description = "Raise it to write a new provider_key."
  type        = number
  default     = 1
}

variable "chat_base_url" {
  description = "An OpenAI-compatible endpoint, up to and with /v1."
  type        = string
  default     = "https://api.openai.com/v1"
}

variable "chat_model" {
  description = "The model for requests that name none."
  type        = string
  default     = "gpt-5.4-mini"
}

locals {
  provider_key_name = "/${var.name}/provider-key"
  provider_key_arn  = "arn:aws:ssm:${var.aws_region}:${var.account_id}:parameter${local.provider_key_name}"

  chat = {
    FACEPLATE_CHAT__BASE_URL              = var.chat_base_url
    FACEPLATE_CHAT__MODEL                 = var.chat_model
    FACEPLATE_CHAT__DEADLINE_S            = tostring(local.chat_deadline_s)
    FACEPLATE_AWS__PROVIDER_KEY_PARAMETER = local.provider_key_name
  }
}

resource "aws_ssm_parameter" "provider_key" {
  name             = local.provider_key_name
  description      = "The language model provider's API key; \"unset\" until there is one."
  type             = "SecureString"
  value_wo         = var.provider_key == "" ? "unset" : var.provider_key
  value_wo_version = var.provider_key_version
}
