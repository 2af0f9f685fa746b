"""The note that someone at the provider has opened a referral: the day, once, and nothing about who it was.

It proves that the answers of this email have arrived, and tells a colleague that someone may have rung the person.
"""

import logging
from datetime import datetime

from shared.referrals import transitions
from shared.referrals.model import FINISHED, UNSENT, Referral
from shared.referrals.repository import ReferralRepository
from shared.tables.table import StorageError

logger = logging.getLogger(__name__)

_TRIES = 3


def note_opening(store: ReferralRepository, referral: Referral, now: datetime) -> str:
    """Notes today as the day of the first opening, and returns the day of an earlier one; "" if there was none.

    Of two who open it at the same moment the second is told of the first. A referral that is still to be sent is not
    noted: it may be claimed, and a note would break that. If storage fails, acknowledging notes it.
    """
    try:
        return _noted(store, referral, now)
    except StorageError:
        logger.warning("the opening of a referral could not be noted")
        return referral.opened_on


def _noted(store: ReferralRepository, referral: Referral, now: datetime) -> str:
    current: Referral | None = referral
    for _ in range(_TRIES):
        if current is None or current.opened_on or current.state in UNSENT | FINISHED:
            break
        if store.mark(current.reference, current.etag, **transitions.opened(current, now)):
            return ""
        current = store.status(current.reference)
    return current.opened_on if current is not None else ""
