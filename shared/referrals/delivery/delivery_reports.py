"""Delivery reports about referrals: in any order, twice, and sooner than the mail was marked as sent."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from shared.local_time import london_day
from shared.mail.delivery_reports import Receipt
from shared.referrals import transitions
from shared.referrals.delivery.notice_sender import OPERATORS
from shared.referrals.errors import ReferralsBusyError
from shared.referrals.model import FINISHED, UNSENT, Referral, ReferralState
from shared.tables.table import RowConflictError

logger = logging.getLogger(__name__)

_TRIES = 5
_DELIVERED, _FAILED = "delivered", "failed"
_CAME_BACK = frozenset({"bounced", "suppressed"})
_FOR_A_PERSON = _CAME_BACK | {"quarantined", "filteredspam"}
_OLDEST = timedelta(days=7)  # a report is posted again for a day at most; an older moment is a mistake


class Mailed(Protocol):
    """What a mail was about; `shared.referrals.repository` describes it."""

    @property
    def reference(self) -> str: ...
    @property
    def epoch(self) -> int: ...
    @property
    def notice(self) -> str: ...


class Statuses(Protocol):
    """What is needed of the tables; `shared.referrals.repository` describes each."""

    def mailed(self, operation_id: str) -> Mailed | None: ...
    def status(self, reference: str) -> Referral | None: ...
    def change(self, reference: str, etag: str, **cells: str | int) -> str: ...


class Mailbox(Protocol):
    """Whether the provider's mailbox takes mail; `shared.referrals.delivery.mailbox_health` describes each."""

    def came_back(self, operation_id: str, now: datetime) -> None: ...
    def took_one(self) -> None: ...


@dataclass(frozen=True, slots=True)
class ReferralReceipts:
    """Writes down what reports say of the provider's mails."""

    statuses: Statuses
    mailbox: Mailbox

    def take(self, receipt: Receipt, now: datetime) -> bool:
        """Takes one report at `now` (UTC), and says whether it is about a mail of a referral at all.

        Raises:
            StorageError: it is not known whether it was written down; report it again.
            ReferralsBusyError: somebody kept changing the row; report it again.
        """
        mailed = self.statuses.mailed(str(receipt.operation_id))
        if mailed is None:
            return False
        if mailed.notice == OPERATORS:
            if receipt.status in _FOR_A_PERSON | {_FAILED}:
                logger.error("a mail to the operators did not arrive: %s", receipt.status)
            return True
        self._note(mailed, receipt, now)
        self._about_mailbox(receipt, now)
        return True

    def _note(self, mailed: Mailed, receipt: Receipt, now: datetime) -> None:
        for _ in range(_TRIES):
            referral = self.statuses.status(mailed.reference)
            cells = what_it_means(referral, mailed, receipt, now) if referral else {}
            if referral is None or not cells:
                return
            try:
                self.statuses.change(mailed.reference, referral.etag, **cells)
            except RowConflictError:
                continue
            _log(mailed.reference, receipt.status, cells)
            return
        raise ReferralsBusyError

    def _about_mailbox(self, receipt: Receipt, now: datetime) -> None:
        if receipt.status in _CAME_BACK:
            self.mailbox.came_back(str(receipt.operation_id), now)
        elif receipt.status == _DELIVERED:
            self.mailbox.took_one()


def what_it_means(referral: Referral, mailed: Mailed, receipt: Receipt, now: datetime) -> transitions.Cells:
    """The cells that a report about that mail changes; none where it changes nothing."""
    if referral.state in FINISHED or referral.is_wanted_again:
        return {}  # the provider's own word counts for more, and so does a person's who wants it sent again
    if mailed.notice:
        return _reminder(referral, mailed, receipt, now)
    if receipt.status == _DELIVERED:
        # A mail that was sent again by itself is the same mail; one from before a person wanted another is not.
        is_about_this = mailed.epoch >= referral.epoch - referral.redriven
        return _delivered(referral, _day(receipt, now)) if is_about_this else {}
    # Of an earlier epoch it tells nothing more: another mail is under way since.
    return _did_not_arrive(referral, receipt.status, now) if mailed.epoch == referral.epoch else {}


def _did_not_arrive(referral: Referral, status: str, now: datetime) -> transitions.Cells:
    if status in _FOR_A_PERSON and referral.last_error != status:
        return transitions.attention(status, now)
    if status == _FAILED and (referral.state in UNSENT or referral.state is ReferralState.SENT):
        return transitions.failed(referral, now)
    return {}


def _reminder(referral: Referral, mailed: Mailed, receipt: Receipt, now: datetime) -> transitions.Cells:
    """Who did not get a reminder was not warned: then nothing is erased by the calendar, and a person looks."""
    did_not_arrive = receipt.status in _FOR_A_PERSON | {_FAILED}
    is_about_this = mailed.epoch == referral.epoch and referral.state not in UNSENT
    is_silent = referral.state is not ReferralState.ATTENTION or referral.last_error == transitions.NOT_ACKNOWLEDGED
    return (
        transitions.attention(f"reminder-{receipt.status}", now)
        if did_not_arrive and is_about_this and is_silent
        else {}
    )


def _delivered(referral: Referral, day: str) -> transitions.Cells:
    """Delivered is delivered; what a person is to look at they still are."""
    if referral.state is ReferralState.DELIVERED:
        return {}
    if referral.state is not ReferralState.ATTENTION or _is_about_sending(referral.last_error):
        return transitions.delivered(referral, day)
    return {} if referral.delivered_on else {"DeliveredOn": day}


def _is_about_sending(code: str) -> bool:
    return code == transitions.FAILED or code.startswith(transitions.NOT_SENT)


def _day(receipt: Receipt, now: datetime) -> str:
    is_sound = receipt.at is not None and now - _OLDEST <= receipt.at <= now
    return london_day(receipt.at if receipt.at and is_sound else now)


def _log(reference: str, status: str, cells: transitions.Cells) -> None:
    needs_a_person = cells.get("State") == ReferralState.ATTENTION
    logger.log(logging.ERROR if needs_a_person else logging.INFO, "referral %s reported %s", reference, status)
