"""Sentences that people read on pages and in emails, errors and cells of the portal, kept apart from the code."""
