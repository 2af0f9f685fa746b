"""Accepting a referral, and answering how far it has come."""
