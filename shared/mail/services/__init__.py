"""Adapters of the email port, one package for each email service."""
