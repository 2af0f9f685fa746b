"""Taking a referral back: the three words that prove whose it is, and what follows from a withdrawal."""
