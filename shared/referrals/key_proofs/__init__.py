"""Proof that what is sealed with a public key can be opened, before anyone is told that it was received."""
