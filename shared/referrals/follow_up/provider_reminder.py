"""Reminders to the provider of referrals that it has not acknowledged: one email a working day, by reference.

The row of the email in the log names what it is about, before it is sent. A referral counts as reminded of once it is
certain that an email which names it went out.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from shared.local_time import local_day
from shared.mail.log_rows import MailState, read_entry
from shared.referrals.days import add_days
from shared.referrals.delivery.notice_sender import REMINDERS, SENT_STATES, NoticeSender
from shared.referrals.delivery.provider_emails import ProviderEmails
from shared.referrals.delivery.release.batch_log import MEMBERS
from shared.referrals.follow_up.deadlines import Deadlines
from shared.referrals.model import Referral
from shared.referrals.repository import ReferralRepository
from shared.referrals.retention.retention_rules import ERASED_AFTER
from shared.referrals.retention.uncollected_rules import announced_day
from shared.tables.table import Row

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DueReminder:
    """The first or second reminder of a referral."""

    referral: Referral
    number: int

    def __str__(self) -> str:
        return f"{self.referral.reference}/{self.referral.epoch}/{self.number}"

    @property
    def erased_on(self) -> date | None:
        """The day on which the answers are deleted here if nobody says that they arrived; None if none is known yet."""
        if self.number > 1:
            return add_days(self.referral.delivered_on, ERASED_AFTER)
        return announced_day(self.referral)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderReminder:
    """Sends what is due in one email, and counts it in each referral's row once it is certain that it was sent."""

    rows: ReferralRepository
    notices: NoticeSender
    writer: ProviderEmails
    deadlines: Deadlines = field(default_factory=Deadlines)

    def remind(self, referrals: Iterable[Referral], now: datetime) -> None:
        """Sends the provider one email about all reminders that are due today; none at a weekend or on a bank holiday.

        Raises:
            StorageError: the outcome is unknown; the next run goes on.
        """
        today = date.fromisoformat(local_day(now))
        numbered = (DueReminder(each, self.deadlines.reminder_due(each, today)) for each in referrals)
        due = {str(each): each for each in numbered if each.number}
        if not due or not self.deadlines.working_days.includes(today):
            return
        log = self.notices.rows(REMINDERS)
        due = self._without_sent(due, log, now)
        mail_id, named = _open_email(due, log) or (f"{REMINDERS}-{today}", list(due.values()))
        if named and not any(row.key == mail_id and read_entry(row).state is not MailState.SENDING for row in log):
            self._send(mail_id, named, now)

    def _send(self, mail_id: str, named: Sequence[DueReminder], now: datetime) -> None:
        message = self.writer.reminders([(each.referral, each.erased_on) for each in named], now)
        if self.notices.deliver(REMINDERS, mail_id, message, now, members=" ".join(map(str, named))):
            for each in named:
                self._count(each, now)

    def _without_sent(
        self, due: Mapping[str, DueReminder], log: Sequence[Row], now: datetime
    ) -> dict[str, DueReminder]:
        """Reminders left to send; those in an email that went out before a crash are counted now."""
        sent = {name for row in log if read_entry(row).state in SENT_STATES for name in _members(row)}
        for name in due.keys() & sent:
            self._count(due[name], now)
        return {name: each for name, each in due.items() if name not in sent}

    def _count(self, reminder: DueReminder, now: datetime) -> None:
        referral = reminder.referral
        self.rows.mark(referral.reference, referral.etag, Warned=reminder.number, WarnedOn=local_day(now))
        logger.info("the provider was reminded of a referral")


def _open_email(due: Mapping[str, DueReminder], log: Sequence[Row]) -> tuple[str, list[DueReminder]] | None:
    """The email that was begun and of which nothing is known yet, with what it names and is still due."""
    for row in log:
        named = [due[name] for name in _members(row) if name in due]
        if named and read_entry(row).state is MailState.SENDING:
            return row.key, named
    return None


def _members(row: Row) -> list[str]:
    """The reminders that a row names; one of before names a single one by its key."""
    return row.text(MEMBERS).split() or [row.key.replace("-", "/")]
