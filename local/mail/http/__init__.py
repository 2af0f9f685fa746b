"""The HTTP side of the email emulator: its API, signatures, inbox page and fault controls."""
