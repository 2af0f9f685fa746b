"""Reminders to the provider of a referral that it has not acknowledged: by its reference, and twice at most."""

import logging
from dataclasses import dataclass, field
from datetime import date, datetime

from shared.local_time import london_day
from shared.referrals.days import add_days
from shared.referrals.delivery.notice_sender import REMINDERS, NoticeSender
from shared.referrals.delivery.provider_emails import ProviderEmails
from shared.referrals.follow_up.deadlines import Deadlines
from shared.referrals.model import Referral
from shared.referrals.repository import ReferralRepository
from shared.referrals.retention.retention_rules import ERASED_AFTER
from shared.referrals.retention.uncollected_rules import announced_day

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderReminder:
    """Sends the reminder that is due, and counts it in the referral's row once it is certain that it was sent."""

    rows: ReferralRepository
    notices: NoticeSender
    writer: ProviderEmails
    deadlines: Deadlines = field(default_factory=Deadlines)

    def remind(self, referral: Referral, now: datetime) -> None:
        """Sends the provider the reminder that is due today, if one is.

        Raises:
            StorageError: the outcome is unknown; the next run goes on.
        """
        today = date.fromisoformat(london_day(now))
        number = self.deadlines.reminder_due(referral, today)
        if not number:
            return
        erased_on = add_days(referral.delivered_on, ERASED_AFTER) if number > 1 else announced_day(referral, today)
        message = self.writer.reminder(referral, erased_on, now)
        mail_id = f"{referral.reference}-{referral.epoch}-{number}"
        if self.notices.deliver(REMINDERS, mail_id, message, now):
            self.rows.mark(referral.reference, referral.etag, Warned=number, WarnedOn=london_day(now))
            logger.info("the provider was reminded of a referral")
