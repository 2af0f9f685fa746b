"""Sending referrals to the provider, and what delivery reports do to them."""
