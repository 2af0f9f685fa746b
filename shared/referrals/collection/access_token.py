"""A proof that someone has just opened a referral, which saves entering the passphrase again.

It travels in a hidden field and lasts half an hour: time to read, print and save, and too short for a page left open
over lunch. It is signed with a key derived from the referral's content key, which only the vault gives out, so that
only those who can open the referral can make a proof: neither the key that signs links nor anything in a table or a
setting is enough.
"""

from datetime import datetime, timedelta

from shared.referrals.errors import ProofError
from shared.referrals.key_derivation import OPENED, derive_key
from shared.referrals.model import Referral
from shared.signing import Signer, TimedProof

LASTS = timedelta(minutes=30)

_PROOF = TimedProof("opened", separator="-", unit=timedelta(seconds=1))


def issue(content_key: bytes, referral: Referral, now: datetime) -> str:
    """The proof that this referral was opened at `now` (aware), for as long as its email is not sent again."""
    return _PROOF.issue(_signer(content_key), now, *_subject(referral))


def check(content_key: bytes, referral: Referral, proof: str, now: datetime) -> None:
    """Returns if this referral was opened in the half hour before `now`, and was not sent again since.

    Raises:
        ProofError: it was not.
    """
    issued = _PROOF.issued_at(_signer(content_key), proof, *_subject(referral))
    if issued is None or now - issued >= LASTS:
        raise ProofError


def _subject(referral: Referral) -> tuple[str, str]:
    return referral.reference, referral.version


def _signer(content_key: bytes) -> Signer:
    return Signer((derive_key(content_key, OPENED),))
