"""Booking a place: one decision and one transaction."""
