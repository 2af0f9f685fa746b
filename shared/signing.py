"""Signatures that nobody else can make: proofs of what this service said, and tokens that carry it in a URL."""

import base64
import binascii
import hmac
from dataclasses import dataclass, field

from shared.references import keyed_hash

_MAC_BYTES = 16  # 128 bits; longer links are broken by mail programmes


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs with the first key and accepts the others too, so that a key can be rotated. Each purpose is its own."""

    keys: tuple[bytes, ...] = field(repr=False)

    def proof(self, purpose: str, *parts: str) -> str:
        """A signature over the parts, in 22 characters that need no escaping."""
        return _text(_mac(self.keys[0], purpose, parts))

    def is_proof(self, signature: str, purpose: str, *parts: str) -> bool:
        """Whether it is one, by any of the keys."""
        return any(hmac.compare_digest(signature.encode(), _text(_mac(k, purpose, parts)).encode()) for k in self.keys)

    def token(self, purpose: str, *parts: str) -> str:
        """The parts and a signature over them, in letters, digits, - and _ only: no dot for a mail programme to cut."""
        return _text(_mac(self.keys[0], purpose, parts) + "\n".join(parts).encode())

    def parse_token(self, purpose: str, token: str) -> tuple[str, ...] | None:
        """The parts that a token carries, or None where it is not one of ours, to the last bit."""
        try:
            raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
            parts = tuple(raw[_MAC_BYTES:].decode().split("\n"))
        except (binascii.Error, ValueError):
            return None
        # Made again and compared as text: two spellings of the same bytes are two tokens, and one was given out.
        made = (_text(_mac(key, purpose, parts) + raw[_MAC_BYTES:]) for key in self.keys)
        return parts if any(hmac.compare_digest(token.encode(), each.encode()) for each in made) else None


def _mac(key: bytes, purpose: str, parts: tuple[str, ...]) -> bytes:
    return bytes.fromhex(keyed_hash(key, f"link:{purpose}", *parts))[:_MAC_BYTES]


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
