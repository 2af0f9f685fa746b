"""One run of the timer over bookings and referrals."""
