"""Builds the package that is deployed to both apps: a folder, and a zip with the same bytes each time."""
