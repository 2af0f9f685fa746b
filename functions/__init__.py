"""Triggers and their handlers: parse the input, call a service, render the answer."""
