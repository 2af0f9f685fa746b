"""The provider's pages: confirming receipt of a referral, and opening one with a passphrase."""
