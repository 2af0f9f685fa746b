"""The local cloud: Azurite, the email emulator and the function host, started together."""
