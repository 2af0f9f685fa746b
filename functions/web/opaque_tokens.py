"""Tokens that carry facts through an address without telling them to whoever reads the address.

A browser's history, a proxy and a log keep addresses. The facts are encrypted with AES-256-GCM, under a key that is
derived from the signer's for one purpose, and come with the time of issue; their reader decides on the age.
"""

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from shared import base64url
from shared.references import keyed_hash
from shared.signing import Signer

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12
_SECOND = timedelta(seconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Opened:
    """The facts of a token, and when it was issued (UTC, whole seconds)."""

    parts: tuple[str, ...] = field(repr=False)
    issued: datetime


@dataclass(frozen=True, slots=True)
class OpaqueToken:
    """Tokens of one purpose; one made for another purpose is not read."""

    purpose: str

    def issue(self, signer: Signer, now: datetime, *parts: str) -> str:
        """A token in base64url that holds these parts, none with a line break, as issued at `now` (aware)."""
        nonce, plain = secrets.token_bytes(_NONCE_BYTES), "\n".join((str((now - _EPOCH) // _SECOND), *parts))
        sealed = self._cipher(signer.keys[0]).encrypt(nonce, plain.encode(), self.purpose.encode())
        return base64url.encode(nonce + sealed)

    def read(self, signer: Signer, token: str) -> Opened | None:
        """The token's facts, or None if no key of the signer made it for this purpose, to the last bit."""
        try:
            raw = base64url.decode(token)
        except ValueError:
            return None
        if base64url.encode(raw) != token:  # two spellings of the same bytes: one was given out
            return None
        plain = next((text for key in signer.keys if (text := self._decrypt(key, raw)) is not None), None)
        if plain is None:
            return None
        issued, *parts = plain.split("\n")
        return Opened(tuple(parts), _EPOCH + int(issued) * _SECOND)

    def _decrypt(self, key: bytes, raw: bytes) -> str | None:
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415  # see `_cipher`

        try:
            plain = self._cipher(key).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], self.purpose.encode())
        except (InvalidTag, ValueError):
            return None
        return plain.decode()

    def _cipher(self, key: bytes) -> "AESGCM":
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415  # a start needs no cipher

        return AESGCM(bytes.fromhex(keyed_hash(key, f"opaque:{self.purpose}")))
