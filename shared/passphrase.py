"""The passphrase that opens referrals at the provider's: the service keeps slow hashes of it and compares.

It is generated, never chosen: 22 ** 20, some 2 ** 89, are possible, so that nobody finds it by guessing, however many
guesses they have. A hash, because people at the trust read the settings and must not be able to open a referral with
them. A slow one, because passphrases were chosen before, and anyone who reads the hash may guess as often as they like.
"""

import hashlib
import hmac
import re
import secrets
import threading
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from shared import base64url
from shared.references import read_signs

GROUPS, GROUP_LENGTH = 5, 4
"""The form of a generated passphrase: groups of characters of `shared.references.ALPHABET`."""

MAX_LENGTH = 200  # characters: longer text is no passphrase, and is not hashed

_MEMORY, _PASSES, _LANES = 19 * 1024, 2, 1  # KiB; see `PassphraseHash.of`
_SALT_BYTES, _HASH_BYTES = 16, 32  # RFC 9106, sections 3.1 and 4
_MAX_MEMORY = 2**28  # bytes: more could be used to deny service
_LEAST_SCRYPT = 2**17  # N times r times p
_ARGON2ID = re.compile(
    r"\$argon2id\$v=19\$m=([0-9]{4,6}),t=([1-9]),p=[1-9]"
    r"\$[A-Za-z0-9+/]{21}[AQgw]\$[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]"
)
_SCRYPT = re.compile(r"scrypt:([0-9]{5,7}):([0-9]{1,2}):([0-9]{1,2}):([A-Za-z0-9_-]{22,86}):([A-Za-z0-9_-]{43,86})")
_AT_ONCE = threading.BoundedSemaphore(2)  # hashes made or compared in this process: each needs 19 MiB and a core
_GAPS = re.compile(r"[\s\-\u2010-\u2015]+")


@dataclass(frozen=True, slots=True)
class PassphraseHash:
    """A salted hash as text: a PHC string of Argon2id, or `scrypt:<N>:<r>:<p>:<salt>:<hash>`, which was made before."""

    text: str = field(repr=False)

    @classmethod
    def of(cls, passphrase: str) -> Self:
        """A new hash of a generated passphrase; see `of_secret`.

        Raises:
            ValueError: the passphrase has not the form of a generated one.
        """
        plain = _generated(passphrase)
        if plain is None:
            raise ValueError(f"needs {GROUPS} groups of {GROUP_LENGTH} letters and numbers, as it was generated")
        return cls.of_secret(_encoded(plain))

    @classmethod
    def of_secret(cls, plain: bytes) -> Self:
        """A new hash of any secret, with a salt of its own. It takes some 30 ms.

        Argon2id (RFC 9106) with OWASP's parameters, Password Storage Cheat Sheet: 19 MiB, 2 passes, 1 lane. The
        64 MiB of RFC 9106 are too much for a small instance on which several people open referrals at once.
        """
        from cryptography.hazmat.primitives.kdf.argon2 import Argon2id  # noqa: PLC0415  # few functions need it

        salt = secrets.token_bytes(_SALT_BYTES)
        kdf = Argon2id(salt=salt, length=_HASH_BYTES, iterations=_PASSES, lanes=_LANES, memory_cost=_MEMORY)
        with _AT_ONCE:
            return cls(kdf.derive_phc_encoded(plain))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads a hash as it is written.

        Raises:
            ValueError: it is none, or one too cheap to protect anything or too dear to compute.
        """
        if found := _ARGON2ID.fullmatch(text):
            memory, passes = int(found[1]), int(found[2])
            is_sound = memory * passes >= _MEMORY * _PASSES and memory * 1024 <= _MAX_MEMORY
        elif found := _SCRYPT.fullmatch(text):
            cost, block, parallel = (int(part) for part in found.groups()[:3])
            is_power, work = cost.bit_count() == 1, cost * block * parallel
            is_sound = is_power and work >= _LEAST_SCRYPT and 128 * cost * block <= _MAX_MEMORY
            is_sound = is_sound and all(_is_base64url(part) for part in found.groups()[3:])
        else:
            raise ValueError("needs $argon2id$v=19$m=<KiB>,t=<passes>,p=<lanes>$<salt>$<hash>")
        if not is_sound:
            raise ValueError("needs base64url, a cost of at least the default, and at most 256 MiB of memory")
        return cls(text)

    def matches(self, passphrase: str) -> bool:
        """True if it is this passphrase, however it is typed. It takes the same time if not.

        Text that is too long for any is not hashed. No more than two comparisons run at once in a process.
        """
        if len(passphrase) > MAX_LENGTH:
            return False
        with _AT_ONCE:
            return sum(self._is_of(_encoded(plain)) for plain in _readings(passphrase)) > 0

    def matches_secret(self, plain: bytes) -> bool:
        """True if it was made of this very secret by `of_secret`. It takes the same time if not."""
        with _AT_ONCE:
            return self._is_of(plain)

    def _is_of(self, plain: bytes) -> bool:
        found = _SCRYPT.fullmatch(self.text)
        return _matches_scrypt(plain, found) if found else _matches_argon2id(plain, self.text)

    def __str__(self) -> str:
        return self.text


def matches_any(passphrase: str, hashes: Iterable[PassphraseHash]) -> bool:
    """True if it is one of them. All are compared: the time it takes does not tell which."""
    return sum(each.matches(passphrase) for each in hashes) > 0


def _matches_argon2id(plain: bytes, text: str) -> bool:
    from cryptography.exceptions import InvalidKey  # noqa: PLC0415  # see `of_secret`
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id  # noqa: PLC0415  # see `of_secret`

    try:
        Argon2id.verify_phc_encoded(plain, text)
    except InvalidKey:
        return False
    return True


def _matches_scrypt(plain: bytes, found: re.Match[str]) -> bool:
    cost, block, parallel = (int(part) for part in found.groups()[:3])
    salt, digest = base64url.decode(found[4]), base64url.decode(found[5])
    made = hashlib.scrypt(plain, salt=salt, n=cost, r=block, p=parallel, maxmem=2 * _MAX_MEMORY, dklen=len(digest))
    return hmac.compare_digest(made, digest)


def _is_base64url(text: str) -> bool:
    try:
        base64url.decode(text)
    except ValueError:
        return False
    return True


def _readings(typed: str) -> set[str]:
    """The texts of which one was hashed if this is the passphrase: generated, or chosen when that was possible."""
    return {_normalised(typed), _generated(typed) or _normalised(typed)}


def _generated(typed: str) -> str | None:
    """The generated passphrase in typed text, in the form that was always hashed; None if it is not one.

    Case, gaps and look-alikes do not matter, as with references.
    """
    signs = read_signs(typed, GROUPS * GROUP_LENGTH)
    if signs is None:
        return None
    return " ".join(signs[at : at + GROUP_LENGTH] for at in range(0, len(signs), GROUP_LENGTH)).casefold()


def _normalised(passphrase: str) -> str:
    """As people say it on the phone: no capitals, and one kind of gap."""
    return _GAPS.sub(" ", unicodedata.normalize("NFKC", passphrase).casefold()).strip()


def _encoded(plain: str) -> bytes:
    return plain.encode("utf-8", "replace")
