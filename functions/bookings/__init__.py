"""Booking a place, managing a booking, and the queue trigger that sends its emails."""
