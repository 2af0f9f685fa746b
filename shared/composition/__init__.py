"""Builds the services from the settings; the only package that knows every adapter."""
