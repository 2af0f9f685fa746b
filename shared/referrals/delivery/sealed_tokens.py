"""Tokens for addresses that carry facts without telling them to whoever reads the address, in a log for instance.

Encrypted and authenticated with AES-SIV (RFC 5297), under a key that is derived from the signer's for one purpose. It
needs no nonce: the same facts make the same token, however often a link is made, and it is no longer than a signed one.
"""

from typing import TYPE_CHECKING

from shared import base64url
from shared.references import keyed_hash
from shared.signing import Signer

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV


def issue(signer: Signer, purpose: str, *parts: str) -> str:
    """A token in base64url that holds these parts, none with a line break, made with the signer's first key."""
    return base64url.encode(_cipher(signer.keys[0], purpose).encrypt("\n".join(parts).encode(), None))


def read(signer: Signer, purpose: str, token: str) -> tuple[str, ...] | None:
    """The parts that a token holds, or None if no key of the signer made it for this purpose, to the last bit."""
    try:
        raw = base64url.decode(token)
    except ValueError:
        return None
    if base64url.encode(raw) != token:  # two spellings of the same bytes: one was given out
        return None
    plain = next((text for key in signer.keys if (text := _decrypt(key, purpose, raw)) is not None), None)
    return None if plain is None else tuple(plain.split("\n"))


def _decrypt(key: bytes, purpose: str, raw: bytes) -> str | None:
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415  # see `_cipher`

    try:
        return _cipher(key, purpose).decrypt(raw, None).decode()
    except (InvalidTag, ValueError):
        return None


def _cipher(key: bytes, purpose: str) -> "AESSIV":
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV  # noqa: PLC0415  # a start needs no cipher

    return AESSIV(bytes.fromhex(keyed_hash(key, f"sealed:{purpose}")))
