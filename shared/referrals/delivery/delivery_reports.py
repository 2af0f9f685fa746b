"""Delivery reports about referrals: in any order, repeated, and even before the email was marked as sent."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from shared.local_time import local_day
from shared.mail.delivery import UNKNOWN_OUTCOME, is_forgotten
from shared.mail.delivery_reports import DeliveryReport, reported_state
from shared.referrals import transitions
from shared.referrals.days import is_day
from shared.referrals.delivery.forwarder import operation_id
from shared.referrals.delivery.mailbox_health import ProviderMailbox
from shared.referrals.delivery.notice_sender import OPERATORS, WITHDRAWALS
from shared.referrals.delivery.release.batch_log import BATCHES, BatchLog
from shared.referrals.errors import ReferralsBusyError
from shared.referrals.model import SETTLED, UNSENT, Referral, ReferralState
from shared.referrals.referral_rows import MailIndexEntry
from shared.referrals.repository import ReferralRepository
from shared.tables.table import RowConflictError

logger = logging.getLogger(__name__)

_TRIES = 5
_DELIVERED, _FAILED = "delivered", transitions.FAILED
_BOUNCED = frozenset({"bounced", "suppressed"})
_NEEDS_ATTENTION = transitions.UNDELIVERED - {_FAILED}
_HAS_DAY = frozenset({ReferralState.DELIVERED, ReferralState.ACKNOWLEDGED})
_OLDEST = timedelta(days=7)  # a report is posted again for a day at most; an older moment is a mistake


@dataclass(frozen=True, slots=True)
class ReferralDeliveryReports:
    """Records what is reported of emails to the provider, and to the operators."""

    statuses: ReferralRepository
    mailbox: ProviderMailbox
    batches: BatchLog

    def take(self, report: DeliveryReport, now: datetime) -> bool:
        """Records one report at `now` (UTC), and returns whether it is about an email of a referral at all.

        Raises:
            StorageError: the outcome is unknown; report it again.
            ReferralsBusyError: the row kept changing; report it again.
        """
        mailed = self.statuses.mailed(str(report.operation_id))
        if mailed is None:
            return False
        if mailed.notice == OPERATORS:
            if report.status in _NEEDS_ATTENTION | {_FAILED}:
                logger.error("email to the operators was not delivered: %s", report.status)
            return True
        if mailed.notice == BATCHES:
            self._note_batch(mailed.mail_id, report, now)
        elif mailed.notice and (named := self.batches.named(mailed.notice, mailed.mail_id)):
            for member in named:
                self._note(MailIndexEntry(member.reference, member.epoch, mailed.notice), report, now)
        else:
            self._note(mailed, report, now)
        self._update_mailbox_health(report, now)
        return True

    def unreported(self, remembered_days: int | None, now: datetime) -> Iterator[UUID]:
        """Returns the operation ids of single referrals that were sent on an earlier day and not reported on.

        Only as far back as the email service remembers them. Batches are in the email log. Raises `StorageError`.
        """
        today = local_day(now)
        for referral in self.statuses.every_status():
            is_own = referral.state is ReferralState.SENT and not referral.batch
            is_old = is_day(referral.sent_on) and referral.sent_on < today
            if is_own and is_old and not is_forgotten(referral.sent_on, today, remembered_days):
                yield operation_id(referral)

    def _note_batch(self, batch_id: str, report: DeliveryReport, now: datetime) -> None:
        """Records a report about a batch in its row, and then as one about each member that went with it."""
        self.batches.record_report(batch_id, reported_state(report.status), now)
        batch = self.batches.read(batch_id)
        for member in batch.members if batch else ():
            self._note(MailIndexEntry(member.reference, member.epoch), report, now, batch_id)

    def _note(self, mailed: MailIndexEntry, report: DeliveryReport, now: datetime, batch: str = "") -> None:
        for _ in range(_TRIES):
            referral = self.statuses.status(mailed.reference)
            if referral is None or (batch and referral.batch != batch):
                return
            cells = cells_for_report(referral, mailed, report, now)
            if not cells:
                return
            try:
                self.statuses.change(mailed.reference, referral.etag, **cells)
            except RowConflictError:
                continue
            _log(mailed.reference, report.status, cells)
            return
        raise ReferralsBusyError

    def _update_mailbox_health(self, report: DeliveryReport, now: datetime) -> None:
        if report.status in _BOUNCED:
            self.mailbox.record_bounce(str(report.operation_id), now)
        elif report.status == _DELIVERED:
            self.mailbox.record_delivery()


def cells_for_report(
    referral: Referral, mailed: MailIndexEntry, report: DeliveryReport, now: datetime
) -> transitions.Cells:
    """The cells that a report about that email changes; none if it changes nothing."""
    if referral.state is ReferralState.WITHDRAWN:
        return _notice(referral, mailed, report)
    if referral.state is ReferralState.ERASED or referral.is_resend_requested or referral.is_marked_not_genuine:
        return {}  # nothing is left to be kept; a person's word, to send it again or to set it aside, counts for more
    if report.status == _DELIVERED and not mailed.notice:
        # An email sent again automatically counts as the same; one from before a person asked for another does not.
        is_about_this = mailed.epoch >= referral.epoch - referral.redriven
        return _delivered(referral, _day(report, now)) if is_about_this else {}
    # A report of an earlier epoch changes nothing: another email is under way since.
    if mailed.epoch != referral.epoch or transitions.is_opened(referral):
        return {}
    return _reminder(referral, report, now) if mailed.notice else _did_not_arrive(referral, report.status, now)


def _notice(referral: Referral, mailed: MailIndexEntry, report: DeliveryReport) -> transitions.Cells:
    """The cells of a withdrawn one: if the provider could not be told of that, a person has to tell them."""
    did_not_arrive = report.status in _NEEDS_ATTENTION | {_FAILED}
    code = f"{transitions.NOT_TOLD}{report.status}"
    is_news = mailed.notice == WITHDRAWALS and did_not_arrive and referral.last_error != code
    return {"LastError": code} if is_news else {}


def _did_not_arrive(referral: Referral, status: str, now: datetime) -> transitions.Cells:
    if status in _NEEDS_ATTENTION and referral.last_error != status:
        return transitions.came_back(referral, status, now)
    if status != _FAILED or is_day(referral.delivered_on):
        return {}
    if referral.state in UNSENT or referral.state is ReferralState.SENT:
        return transitions.failed(referral, now)
    if referral.state is ReferralState.ACKNOWLEDGED:
        return transitions.came_back(referral, _FAILED, now)
    return {} if referral.came_back_on else {"CameBackOn": local_day(now)}  # a person looks at it already


def _reminder(referral: Referral, report: DeliveryReport, now: datetime) -> transitions.Cells:
    """The cells after a report about a reminder. Undelivered it warned no one: nothing is erased; a person looks."""
    did_not_arrive = report.status in _NEEDS_ATTENTION | {_FAILED}
    is_out = referral.state not in UNSENT
    is_silent = referral.state is not ReferralState.ATTENTION or referral.last_error == transitions.NOT_ACKNOWLEDGED
    return transitions.attention(f"reminder-{report.status}", now) if did_not_arrive and is_out and is_silent else {}


def _delivered(referral: Referral, day: str) -> transitions.Cells:
    """The cells of a delivered email; a referral that needs a person for another reason still does."""
    is_waiting = referral.state is ReferralState.ATTENTION and not _is_about_sending(referral.last_error)
    if is_waiting or referral.state in _HAS_DAY:
        return {} if referral.delivered_on else {"DeliveredOn": day}
    if referral.state is not ReferralState.SENT and is_day(referral.acknowledged_on):
        # A failure empties the day of sending; without one it would look like a word that was typed.
        days = {"DeliveredOn": day, "SentOn": referral.sent_on or day}
        return {**SETTLED, **days, "State": str(ReferralState.ACKNOWLEDGED)}
    return transitions.delivered(referral, day)


def _is_about_sending(code: str) -> bool:
    return code in {transitions.FAILED, UNKNOWN_OUTCOME} or code.startswith(transitions.NOT_SENT)


def _day(report: DeliveryReport, now: datetime) -> str:
    is_sound = report.at is not None and now - _OLDEST <= report.at <= now
    return local_day(report.at if report.at and is_sound else now)


def _log(reference: str, status: str, cells: transitions.Cells) -> None:
    if cells.get("State") == ReferralState.ATTENTION or str(cells.get("LastError")).startswith(transitions.NOT_TOLD):
        logger.error("referral %s needs attention: delivery report %s", reference, status)
    else:
        logger.info("delivery report of a referral: %s", status)
