"""Reading and checking what a form or an API client sends."""
