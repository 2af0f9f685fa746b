"""The proof that somebody has just opened a referral, which saves them typing the passphrase again.

It travels in a hidden field and lasts half an hour: time to read, to print and to save, and not enough for a page that
was left open over lunch. It is signed with the referral's own content key. That key can only be had from the vault, so
nobody can make a proof who could not open the referral anyway: not with the key that signs links, and not with anything
that stands in a table or a setting.
"""

import re
from datetime import UTC, datetime, timedelta

from shared.referrals.errors import ProofError
from shared.signing import Signer

LASTS = timedelta(minutes=30)

_PURPOSE = "opened"
_SHAPE = re.compile(r"([0-9]{1,12})-([A-Za-z0-9_-]{22})")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)


def issue(content_key: bytes, reference: str, now: datetime) -> str:
    """The proof that this referral was opened at `now` (aware)."""
    issued = str((now - _EPOCH) // _SECOND)
    return f"{issued}-{Signer((content_key,)).proof(_PURPOSE, reference, issued)}"


def check(content_key: bytes, reference: str, proof: str, now: datetime) -> None:
    """Returns if this referral was opened in the half hour before `now`.

    Raises:
        ProofError: it was not.
    """
    given = _SHAPE.fullmatch(proof)
    if given is None or not Signer((content_key,)).is_proof(given[2], _PURPOSE, reference, given[1]):
        raise ProofError
    if now - (_EPOCH + int(given[1]) * _SECOND) >= LASTS:
        raise ProofError
