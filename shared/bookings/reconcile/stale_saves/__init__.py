"""Rows that were saved as they had been before the service changed them."""
