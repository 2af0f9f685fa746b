"""Confidential one-to-one referrals: sealed before they are stored, opened only to be forwarded to the provider."""
