"""Booking up to five sessions with one form: its pages, the booking, and the page that lists what became of each."""
