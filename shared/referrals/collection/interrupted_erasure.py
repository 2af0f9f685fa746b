"""Completion of an erasure that was interrupted: the answers are deleted, and the row does not say `erased` yet.

`ReferralEraser` writes the day, deletes the answers, and then writes the state. Whoever meets the row between the last
two steps - a run, or someone at the provider with a link - completes it. So missing answers are never taken for damage
that a person has to look at.
"""

from datetime import datetime

from shared.referrals import transitions
from shared.referrals.days import is_day
from shared.referrals.model import Referral, ReferralState
from shared.referrals.repository import ReferralRepository


def is_begun(referral: Referral) -> bool:
    """True if its erasure has begun and its row does not say that it is over; its answers may still be there."""
    return referral.state is not ReferralState.ERASED and is_day(referral.erased_on)


def completed(rows: ReferralRepository, referral: Referral, now: datetime) -> Referral:
    """The referral, as `erased` if its erasure has begun and no answers are left.

    Raises:
        StorageError: it is not known what is left; ask again.
    """
    if not is_begun(referral) or rows.sealed(referral.reference) is not None:
        return referral
    rows.mark(referral.reference, referral.etag, **transitions.erasure_completed(referral, now))
    return rows.status(referral.reference) or referral
