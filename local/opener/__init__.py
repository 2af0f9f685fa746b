"""The opener: one HTML file with which the provider makes keys and opens referrals, on its own computer, offline."""
