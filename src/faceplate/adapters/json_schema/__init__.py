"""JSON Schema over jsonschema-rs."""
