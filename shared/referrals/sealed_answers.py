"""Sealed answers as they are stored, the versions in which they were sealed, and when they were written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

_HOUR = timedelta(hours=1)

FIRST_VERSION = "1"
"""Sealed with the content key itself, and at first without a MAC."""

SEAL_VERSION = "2"
"""Sealed with a key derived from the content key, with the day of receipt as associated data, and with a MAC."""

SEAL_VERSIONS = frozenset({FIRST_VERSION, SEAL_VERSION})
"""The versions that the worker opens; every other one is refused."""

PROVIDER_VERSION = "3"
"""Sealed to the provider's own keys, with the hash of a code that only it can tell: see `provider_sealing`."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """Sealed answers as they are stored; nothing of them can be read without the private key named by `key_id`.

    `mac` authenticates the row in which they are stored, by the key named `mac_key`; both are empty before it is made.
    `acknowledgement` is the hash of the provider's code, in the version of the provider's keys. There `key_id` names
    all of them, and `wrapped_key` holds as many wrapped keys.
    """

    version: str
    key_id: str
    wrapped_key: bytes = field(repr=False)
    nonce: bytes = field(repr=False)
    ciphertext: bytes = field(repr=False)
    mac_key: str = ""
    mac: bytes = field(default=b"", repr=False)
    acknowledgement: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Ages:
    """When the sealed answers under each reference were written, seen at `read_at`: by storage's clock, in UTC."""

    written: Mapping[str, datetime] = field(default_factory=dict)
    read_at: datetime | None = None

    def within_an_hour(self) -> int:
        """The number of referrals that came in the last hour."""
        if self.read_at is None:
            return 0
        return sum(self.read_at - written < _HOUR for written in self.written.values())
