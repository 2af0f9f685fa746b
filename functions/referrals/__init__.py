"""The one-to-one referral form, its status page, and the queue trigger that forwards referrals."""
