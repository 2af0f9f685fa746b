"""Sending referrals to the provider, and recording their delivery reports."""
