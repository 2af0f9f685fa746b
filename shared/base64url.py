"""Base64 with the URL-safe alphabet and without padding (RFC 4648, section 5; as JSON Web Keys write numbers)."""

import base64
import re

_SHAPE = re.compile(r"[A-Za-z0-9_-]*")
_PLAIN = str.maketrans("+/", "-_")


def encode(data: bytes) -> str:
    """Returns the text of these bytes: letters, digits, - and _ only."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def decode(text: str) -> bytes:
    """Returns the bytes of this text, given without padding.

    Raises:
        ValueError: it has another character, or an impossible length.
    """
    if not _SHAPE.fullmatch(text):
        raise ValueError("not base64url")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def decode_any(text: str) -> bytes:
    """The bytes of base64url, or of plain base64 as other tools print it, with or without padding.

    Raises:
        ValueError: it is neither.
    """
    return decode(text.translate(_PLAIN).removesuffix("=").removesuffix("="))
