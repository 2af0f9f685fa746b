"""Deleting bookings that are no longer needed, and reporting what is held."""
