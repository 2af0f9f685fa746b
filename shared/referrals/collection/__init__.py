"""The provider's side of a referral: opening it with a passphrase, and acknowledging it."""
