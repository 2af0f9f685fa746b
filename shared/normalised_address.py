"""The form of an email address by which one person is recognised."""


def normalised_address(address: str) -> str:
    """Returns the address in small letters and without a +tag: neither makes another person."""
    local, _, domain = address.casefold().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"
