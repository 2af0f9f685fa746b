"""The tables Sessions and Bookings: reading rows that people edit, and writing them."""
