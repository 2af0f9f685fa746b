"""Erasing answers, and reporting what is held."""
