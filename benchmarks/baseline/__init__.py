"""A function app without the service: what it is measured against."""
