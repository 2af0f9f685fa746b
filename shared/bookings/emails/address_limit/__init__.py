"""The most emails about bookings that an address gets in a day before it has acted through a link; others wait."""
