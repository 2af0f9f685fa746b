"""A proof that someone has entered the passphrase, which opens everything that waits for half an hour.

It travels in a hidden field, names the referral at whose link the passphrase was entered, and is signed with a key
derived from that referral's content key, which only the vault gives out: neither the key that signs links nor anything
in a table or a setting makes one. Opening other referrals does not prolong it. It opens, and does nothing else: saving,
acknowledging and setting aside need the proof of having opened that referral (see `access_token`).
"""

from datetime import datetime, timedelta

from shared.referrals.errors import ProofError
from shared.referrals.key_derivation import PASSPHRASE_ENTERED, derive_key
from shared.signing import Signer, TimedProof

LASTS = timedelta(minutes=30)

_PROOF = TimedProof("passphrase-entered", separator="-", unit=timedelta(seconds=1))
_SEPARATOR = "."


def issue(content_key: bytes, anchor: str, now: datetime) -> str:
    """The proof that the passphrase was entered at `now` (aware) at a link of the referral `anchor`."""
    return f"{anchor}{_SEPARATOR}{_PROOF.issue(_signer(content_key), now, anchor)}"


def anchor_of(session: str) -> str:
    """The reference of the referral at whose link it says that the passphrase was entered; "" if it names none."""
    return session.partition(_SEPARATOR)[0]


def check(content_key: bytes, session: str, now: datetime) -> None:
    """Returns if the passphrase was entered in the half hour before `now`, at the referral that it names.

    Raises:
        ProofError: it was not.
    """
    anchor, _, proof = session.partition(_SEPARATOR)
    issued = _PROOF.issued_at(_signer(content_key), proof, anchor)
    if issued is None or now - issued >= LASTS:
        raise ProofError


def _signer(content_key: bytes) -> Signer:
    return Signer((derive_key(content_key, PASSPHRASE_ENTERED),))
