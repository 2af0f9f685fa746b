"""Form fields: their types, their JSON Schemas, and the answers to the questions of a form."""
