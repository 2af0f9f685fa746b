"""Authentication of sealed rows: a MAC by the accepting side, under a key that no storage administrator has.

The public key seals for anyone. The MAC says that a row was written by this service: under this reference, on this day,
with these bytes.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Self

from shared.local_time import local_day
from shared.referrals.errors import UnsealError, unknown_version
from shared.referrals.key_derivation import ROW_MAC, ROW_MAC_KEY_ID, derive_key
from shared.referrals.model import Referral
from shared.referrals.sealed_answers import FIRST_VERSION, PROVIDER_VERSION, SEAL_VERSIONS, Sealed

MIGRATION_LASTS = timedelta(days=7)
"""The longest time for which rows without a MAC are taken for rows of before there were MACs."""

_ID_BYTES = 8


@dataclass(frozen=True, slots=True)
class RowMac:
    """Makes MACs with the key named `current` and accepts those of every key in `keys`, each by its id.

    `migration_ends` is the last day in London on which rows of the first version may lack one; None for no such day.
    """

    current: str
    keys: Mapping[str, bytes] = field(repr=False)
    migration_ends: date | None = None

    @classmethod
    def of(cls, secret: bytes, previous: Iterable[bytes] = (), migration_ends: date | None = None) -> Self:
        """Derives the keys and their ids from the secrets of the settings."""
        secrets = (*previous, secret)
        keys = {_key_id(each): derive_key(each, ROW_MAC) for each in secrets}
        return cls(_key_id(secret), keys, migration_ends)

    def sign(self, referral: Referral, sealed: Sealed) -> Sealed:
        """The sealed answers with the MAC of the row in which they are stored for this referral."""
        named = replace(sealed, mac_key=self.current)
        return replace(named, mac=_mac(self.keys[self.current], referral, named))

    def check(self, status: Referral, stored: Referral, sealed: Sealed, now: datetime) -> None:
        """Returns if the sealed row (`stored` and `sealed`) was written by this service for the referral of `status`.

        Raises:
            UnsealError: it was not, or another day of receipt stands in one of the two rows.
        """
        if sealed.version not in {*SEAL_VERSIONS, PROVIDER_VERSION}:
            raise unknown_version(sealed.version)
        if not self.awaits(sealed, now):
            self._check_mac(stored, sealed)
        if status.received_on != stored.received_on:
            raise UnsealError("day")

    def check_for_provider(self, status: Referral, stored: Referral, sealed: Sealed, now: datetime) -> None:
        """As `check`, and raises UnsealError if anyone but the provider has a key that opens it."""
        self.check(status, stored, sealed, now)
        if sealed.version != PROVIDER_VERSION:
            raise unknown_version(sealed.version)

    def is_signed(self, stored: Referral, sealed: Sealed) -> bool:
        """True if the row has a MAC of this service's."""
        try:
            self._check_mac(stored, sealed)
        except UnsealError:
            return False
        return True

    def awaits(self, sealed: Sealed, now: datetime) -> bool:
        """True if the row has no MAC and may be one of before there were MACs, as the operator's setting says."""
        is_unsigned = sealed.version == FIRST_VERSION and not sealed.mac and not sealed.mac_key
        return is_unsigned and self.migration_is_open(now)

    def migration_is_open(self, now: datetime) -> bool:
        """True until the end of the last day, if that is within a week: a setting that is forgotten opens nothing."""
        if self.migration_ends is None:
            return False
        return timedelta(0) <= self.migration_ends - date.fromisoformat(local_day(now)) < MIGRATION_LASTS

    def _check_mac(self, stored: Referral, sealed: Sealed) -> None:
        if not sealed.mac and not sealed.mac_key:
            raise UnsealError("mac missing")
        key = self.keys.get(sealed.mac_key)
        if key is None:
            raise UnsealError("mac key")
        if not hmac.compare_digest(_mac(key, stored, sealed), sealed.mac):
            raise UnsealError("mac")


def _mac(key: bytes, referral: Referral, sealed: Sealed) -> bytes:
    """HMAC-SHA256 over everything in the row, each part with its length, so that no two rows give the same message."""
    texts = ("SealedReferrals", referral.reference, referral.received_on, referral.consent_version, referral.submission)
    own_words = (referral.own_words,) if referral.own_words else ()  # rows of before have none
    named = (*texts, sealed.version, sealed.mac_key, sealed.key_id, *own_words)
    # Rows of other versions have none; the version itself is among the texts.
    has_code = sealed.version == PROVIDER_VERSION or sealed.acknowledgement
    acknowledged_by = (sealed.acknowledgement,) if has_code else ()
    content = (sealed.wrapped_key, sealed.nonce, sealed.ciphertext, *acknowledged_by)
    parts = (*(text.encode() for text in named), *content)
    return hmac.new(key, b"".join(len(part).to_bytes(8) + part for part in parts), hashlib.sha256).digest()


def _key_id(secret: bytes) -> str:
    return derive_key(secret, ROW_MAC_KEY_ID, _ID_BYTES).hex()
