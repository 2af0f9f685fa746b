"""Emails to attendees: which are due, their text, and sending each at most once."""
