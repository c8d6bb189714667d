output "url" {
  description = "Where the API is."
  value = var.create_custom_domain ? trimsuffix(
    "https://${local.domains.api}/${var.base_path}", "/"
  ) : aws_api_gateway_stage.live.invoke_url
}

output "api_key" {
  description = "The first key: terraform output -raw api_key"
  value       = aws_api_gateway_api_key.first.value
  sensitive   = true
}

output "bucket" {
  description = "The bucket with pictures."
  value       = aws_s3_bucket.pictures.id
}

output "table" {
  description = "The table with faces, pictures and people."
  value       = aws_dynamodb_table.records.name
}

output "collection" {
  description = "The collection of Amazon Rekognition."
  value       = aws_rekognition_collection.faces.id
}

output "functions" {
  description = "The functions, which `make deploy` rids of their old versions."
  value       = sort(values(local.functions))
}

output "api_id" {
  description = "The API's id."
  value       = aws_api_gateway_rest_api.faceplate.id
}

output "dead_letters" {
  description = "The queue of what could not be indexed or erased."
  value       = aws_sqs_queue.dead_letters.url
}
