"""The passphrase that opens referrals at the provider's: the service keeps slow hashes of it and compares.

A hash, because settings are read by people at the trust, who must not be able to open a referral with what they find
there. A slow one (scrypt, RFC 7914), because a passphrase that people choose can be guessed at, and who reads the hash
may guess as often as they like.
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Self

MIN_LENGTH = 20  # characters: five short words

# OWASP's cheapest in memory, as a small instance opens several referrals at once: 16 MiB, a quarter of a second.
_COST, _BLOCK, _PARALLEL = 2**14, 8, 5
_MAX_MEMORY = 2**28
_SPARE = 2**20  # that OpenSSL wants besides
_SALT_BYTES, _HASH_BYTES = 16, 32
_SHAPE = re.compile(r"scrypt:(\d{5,7}):(\d{1,2}):(\d{1,2}):([A-Za-z0-9_-]{22,}):([A-Za-z0-9_-]{43,})")
_GAPS = re.compile(r"[\s\-\u2010-\u2015]+")


@dataclass(frozen=True, slots=True)
class PassphraseHash:
    """What is kept of a passphrase, written `scrypt:<N>:<r>:<p>:<salt>:<hash>`, both in base64url."""

    cost: int
    block: int
    parallel: int
    salt: bytes = field(repr=False)
    digest: bytes = field(repr=False)

    @classmethod
    def of(cls, passphrase: str) -> Self:
        """A new hash of it, with a salt of its own.

        Raises:
            ValueError: the passphrase is shorter than 20 characters.
        """
        if len(_normalised(passphrase)) < MIN_LENGTH:
            raise ValueError(f"needs at least {MIN_LENGTH} characters")
        empty = cls(_COST, _BLOCK, _PARALLEL, secrets.token_bytes(_SALT_BYTES), bytes(_HASH_BYTES))
        return replace(empty, digest=empty._digest_of(passphrase))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads a hash as it is written.

        Raises:
            ValueError: it is none, or one too cheap to protect anything or too dear to compute.
        """
        parts = _SHAPE.fullmatch(text)
        if parts is None:
            raise ValueError("needs scrypt:<N>:<r>:<p>:<salt>:<hash>")
        cost, block, parallel = (int(part) for part in parts.groups()[:3])
        if cost & (cost - 1) or cost * block * parallel < _COST * _BLOCK or 128 * cost * block > _MAX_MEMORY:
            raise ValueError("needs N as a power of 2, a cost of at least the default and at most 256 MiB of memory")
        return cls(cost, block, parallel, _bytes(parts[4]), _bytes(parts[5]))

    def matches(self, passphrase: str) -> bool:
        """Whether it is this passphrase: however it is spaced and whatever its case. It takes the same time if not."""
        return hmac.compare_digest(self._digest_of(passphrase), self.digest)

    def _digest_of(self, passphrase: str) -> bytes:
        memory = 128 * self.block * (self.cost + self.parallel + 2)
        cost: Mapping[str, int] = {"n": self.cost, "r": self.block, "p": self.parallel, "maxmem": memory + _SPARE}
        plain = _normalised(passphrase).encode("utf-8", "replace")
        return hashlib.scrypt(plain, salt=self.salt, dklen=len(self.digest), **cost)

    def __str__(self) -> str:
        return f"scrypt:{self.cost}:{self.block}:{self.parallel}:{_text(self.salt)}:{_text(self.digest)}"


def matches_any(passphrase: str, hashes: Iterable[PassphraseHash]) -> bool:
    """Whether it is one of them. All are compared: how long it takes does not tell which."""
    return sum(each.matches(passphrase) for each in hashes) > 0


def _normalised(passphrase: str) -> str:
    """As people say it on the phone: no capitals, and one kind of gap."""
    return _GAPS.sub(" ", unicodedata.normalize("NFKC", passphrase).casefold()).strip()


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        raise ValueError("needs base64url") from None


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
