"""The content file of one installation: copy, contacts, languages and the referral form."""
