"""Reminding the provider of a referral that it has not acknowledged: by its reference, and twice at most."""

import logging
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from shared.local_time import london_day
from shared.mail.message import EmailMessage
from shared.referrals.delivery.notice_sender import REMINDERS
from shared.referrals.delivery.provider_emails import add_days
from shared.referrals.follow_up.deadlines import ERASED_AFTER, Deadlines
from shared.referrals.model import Referral

logger = logging.getLogger(__name__)


class Rows(Protocol):
    """What is needed of the tables; `shared.referrals.repository` describes it."""

    def mark(self, reference: str, etag: str, **cells: str | int) -> bool: ...


class Writer(Protocol):
    """Writes the mail; `shared.referrals.delivery.provider_emails` does."""

    def reminder(self, referral: Referral, erased_on: date | None) -> EmailMessage: ...


class NoticeSender(Protocol):
    """Sends it once; `shared.referrals.delivery.notice_sender` does."""

    def deliver(self, partition: str, mail_id: str, message: EmailMessage, now: datetime) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderReminder:
    """Sends what is due, and counts it in the referral's row once it is certain that it went."""

    rows: Rows
    notices: NoticeSender
    writer: Writer
    deadlines: Deadlines = field(default_factory=Deadlines)

    def remind(self, referral: Referral, now: datetime) -> None:
        """Sends the provider the reminder that is due today, if one is.

        Raises:
            StorageError: it is not known how far it came; the next run goes on.
        """
        number = self.deadlines.reminder_due(referral, date.fromisoformat(london_day(now)))
        if not number:
            return
        erased_on = add_days(referral.delivered_on, ERASED_AFTER) if number > 1 else None
        message = self.writer.reminder(referral, erased_on)
        mail_id = f"{referral.reference}-{referral.epoch}-{number}"
        if self.notices.deliver(REMINDERS, mail_id, message, now):
            self.rows.mark(referral.reference, referral.etag, Warned=number, WarnedOn=london_day(now))
            logger.info("referral %s: the provider was reminded", referral.reference)
