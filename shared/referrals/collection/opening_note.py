"""The note that someone at the provider has opened a referral: the day, once, and nothing about who it was.

It proves that the answers of this email have arrived, and tells a colleague that someone may have rung the person.
"""

import logging
from datetime import datetime
from typing import Any

from shared.referrals import transitions
from shared.referrals.delivery import resending
from shared.referrals.model import FINISHED, Referral
from shared.referrals.referral_rows import progress_cells
from shared.referrals.repository import ReferralRepository
from shared.tables.table import StorageError

logger = logging.getLogger(__name__)

_TRIES = 3


def note_opening(store: ReferralRepository, referral: Referral, now: datetime) -> str:
    """Notes today as the day of the first opening, and returns the day of an earlier one; "" if there was none.

    Of two who open it at the same moment the second is told of the first. It is noted while it is being sent, too: the
    forwarder writes its outcome beside the note. If storage fails, acknowledging notes it.
    """
    try:
        return _noted(store, referral, now)
    except StorageError:
        logger.warning("the opening of a referral could not be noted")
        return _earlier(referral)


def _noted(store: ReferralRepository, referral: Referral, now: datetime) -> str:
    current: Referral | None = referral
    for _ in range(_TRIES):
        if current is None or not _is_to_be_noted(current, referral):
            break
        if store.note_opening(current, **_cells(current, now)):
            return _earlier(current)
        current = store.status(current.reference)
    return _earlier(current) if current is not None else ""


def _is_to_be_noted(current: Referral, opened: Referral) -> bool:
    """False if it is noted, if no email has a link to it, or if a colleague has finished it or had it kept since."""
    is_noted = bool(current.opened_on) and not current.is_resend_requested
    has_link = current.epoch > 0 or not current.was_never_sent
    return has_link and not is_noted and current.state not in FINISHED and current.kept == opened.kept


def _cells(referral: Referral, now: datetime) -> dict[str, Any]:
    """The day; where someone wants it sent again, with what the forwarder would empty then, and the day with it."""
    if not referral.is_resend_requested:
        return transitions.opened(referral, now)
    reset = resending.reset_for_resend(referral, now)
    return progress_cells(reset) | {"Attempts": reset.attempts} | transitions.opened(reset, now)


def _earlier(referral: Referral) -> str:
    return referral.opened_on or referral.opened_before
