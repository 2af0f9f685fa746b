"""Turns of referrals: which go now, in which emails, and why one that has just come has to wait."""
