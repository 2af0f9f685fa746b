"""Completion of an erasure that was interrupted: the answers are deleted, and the row does not say `erased` yet.

A row over whose `erased` someone typed another word looks the same, and is completed in the same way.

`ReferralEraser` writes the day, deletes the answers, and then writes the state. Whoever meets the row between the last
two steps - a run, or someone at the provider with a link, or the queue - completes it. So missing answers are never
taken for damage that a person has to look at.
"""

import logging
from datetime import datetime

from shared.referrals import transitions
from shared.referrals.days import is_day
from shared.referrals.model import Referral, ReferralState
from shared.referrals.repository import ReferralRepository

logger = logging.getLogger(__name__)


def is_begun(referral: Referral) -> bool:
    """True if its erasure has begun and its row does not say that it is over; its answers may still be there.

    A withdrawal deletes the answers by itself.
    """
    is_over = referral.state in {ReferralState.ERASED, ReferralState.WITHDRAWN}
    return not is_over and is_day(referral.erased_on)


def is_sent_again(referral: Referral, stored: Referral) -> bool:
    """True if the same form was sent again since: with other answers, or after an erasure that was interrupted.

    The provider does not have those.
    """
    is_new = is_begun(referral) and stored.received_on != referral.received_on
    return stored.submission != referral.submission or is_new


def settled(rows: ReferralRepository, referral: Referral, now: datetime) -> Referral:
    """As `completed`, for the timer, which alone erases: where the answers are still there its erasure is taken back.

    It broke off before it deleted anything, and begins anew on its day. Until then nothing says that they are deleted.
    A run that only stands still deletes nothing when it goes on: the answers have another ETag than it has read.
    """
    found = completed(rows, referral, now)
    stored = rows.sealed(found.reference) if is_begun(found) else None
    if stored is None or is_sent_again(found, stored[0]):
        return found
    rows.renew_sealed(stored[0])
    rows.mark(found.reference, found.etag, ErasedOn="")
    return rows.status(found.reference) or found


def completed(rows: ReferralRepository, referral: Referral, now: datetime) -> Referral:
    """The referral, as `erased` if its erasure has begun and none of its answers is left.

    Answers that were sent again since are others: `orphan_recovery` has those sent.

    Raises:
        StorageError: it is not known what is left; ask again.
    """
    if not is_begun(referral):
        return referral
    found = rows.sealed(referral.reference)
    if found is not None and not is_sent_again(referral, found[0]):
        return referral
    is_done = rows.mark(referral.reference, referral.etag, **transitions.erasure_completed(referral, now))
    if is_done and referral.is_resend_requested:
        logger.warning("a referral was to be sent again, and none of its answers is left")
    return rows.status(referral.reference) or referral
