"""Accepting a referral, and looking up its progress."""
