"""HMAC signatures: proofs of what this service said, tokens that carry it in a URL, and proofs that expire."""

import hmac
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from shared import base64url
from shared.references import keyed_hash

_MAC_BYTES = 16  # 128 bits; longer links are broken by email clients
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIMED_PROOF = re.compile(r"([0-9]{1,14})(.)([A-Za-z0-9_-]{22})")


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs with the first key and accepts all of them, so that a key can be rotated.

    A signature holds for its purpose only.
    """

    keys: tuple[bytes, ...] = field(repr=False)

    def proof(self, purpose: str, *parts: str) -> str:
        """A signature over the parts, in 22 characters that need no escaping."""
        return base64url.encode(_mac(self.keys[0], purpose, parts))

    def is_proof(self, signature: str, purpose: str, *parts: str) -> bool:
        """True if one of the keys made this signature over these parts."""
        made = (base64url.encode(_mac(key, purpose, parts)) for key in self.keys)
        return any(hmac.compare_digest(signature.encode(), each.encode()) for each in made)

    def token(self, purpose: str, *parts: str) -> str:
        """The parts and a signature over them, in base64url: without a dot, at which email clients cut links."""
        return base64url.encode(_mac(self.keys[0], purpose, parts) + "\n".join(parts).encode())

    def parse_token(self, purpose: str, token: str) -> tuple[str, ...] | None:
        """The parts that a token carries, or None if this service did not make it, to the last bit."""
        try:
            raw = base64url.decode(token)
            parts = tuple(raw[_MAC_BYTES:].decode().split("\n"))
        except ValueError:
            return None
        # Made again and compared as text: two spellings of the same bytes are two tokens, and one was given out.
        made = (base64url.encode(_mac(key, purpose, parts) + raw[_MAC_BYTES:]) for key in self.keys)
        return parts if any(hmac.compare_digest(token.encode(), each.encode()) for each in made) else None


@dataclass(frozen=True, slots=True)
class TimedProof:
    """A proof with the time of its issue in front, as "1693555200-SIGNATURE"; its reader decides on the age.

    The time is counted in `unit` since 1970 (UTC); `separator` is one character between time and signature.
    """

    purpose: str
    separator: str
    unit: timedelta

    def issue(self, signer: Signer, now: datetime, *parts: str) -> str:
        """The proof that these parts were signed at `now` (aware)."""
        issued = str((now - _EPOCH) // self.unit)
        return f"{issued}{self.separator}{signer.proof(self.purpose, *parts, issued)}"

    def issued_at(self, signer: Signer, proof: str, *parts: str) -> datetime | None:
        """The time of issue (UTC), or None if this is no proof of these parts."""
        found = _TIMED_PROOF.fullmatch(proof)
        if found is None or found[2] != self.separator:
            return None
        if not signer.is_proof(found[3], self.purpose, *parts, found[1]):
            return None
        return _EPOCH + int(found[1]) * self.unit


def _mac(key: bytes, purpose: str, parts: tuple[str, ...]) -> bytes:
    return bytes.fromhex(keyed_hash(key, f"link:{purpose}", *parts))[:_MAC_BYTES]
