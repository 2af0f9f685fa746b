"""Emails to the organiser and the facilitators."""
