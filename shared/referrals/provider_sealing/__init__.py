"""Referrals that only the provider can open: sealed to keys whose private halves this service never has."""
