# Items are described in src/faceplate/adapters/aws/table_schema.py, and a test compares.
resource "aws_dynamodb_table" "records" {
  name         = local.table
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "FaceId"
  range_key    = "ItemKey"

  dynamic "attribute" {
    for_each = ["FaceId", "ItemKey", "CollectionId", "image_key", "UserId"]

    content {
      name = attribute.value
      type = "S"
    }
  }

  dynamic "global_secondary_index" {
    for_each = local.indexes

    content {
      name            = global_secondary_index.key
      hash_key        = global_secondary_index.value[0]
      range_key       = global_secondary_index.value[1]
      projection_type = "ALL"
    }
  }

  point_in_time_recovery {
    enabled = true
  }

  deletion_protection_enabled = var.protect_records
}

locals {
  indexes = {
    faces-by-collection = ["CollectionId", "FaceId"]
    faces-by-image      = ["image_key", "CollectionId"]
    faces-by-person     = ["UserId", "CollectionId"]
  }

  # The default collection and those called after it: never `${local.collection}*`, which is also the
  # beginning of another stack's name. adapters/aws/ownership.py says the same.
  collection_arn  = "arn:aws:rekognition:${var.aws_region}:${var.account_id}:collection/${local.collection}"
  collection_arns = [local.collection_arn, "${local.collection_arn}.*"]
}

variable "protect_records" {
  description = "Refuse to delete the table, and so `make destroy`, until this is taken back."
  type        = bool
  default     = false
}

# Faceprints themselves; AWS keeps them and gives them to nobody.
resource "aws_rekognition_collection" "faces" {
  collection_id = local.collection
}
