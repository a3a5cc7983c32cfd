"""Text with places: YAML, schemas, and what is wrong where, in words."""
