"""The OpenAPI document: what API clients can send and get back."""
