"""Alarms for referrals that are due and are not sent: errors in the log after one hour and after four, by reference."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.referrals.model import Referral
from shared.referrals.repository import ReferralRepository
from shared.tables.table import moment_text

logger = logging.getLogger(__name__)

ALARMS = (timedelta(hours=1), timedelta(hours=4))


@dataclass(frozen=True, slots=True)
class OverdueAlarm:
    """Notes since when a referral has been late; only while no claim is held, which the note would break."""

    rows: ReferralRepository

    def check(self, referral: Referral, now: datetime) -> None:
        """Logs the alarm that has come due for the referral, if any. Raises `StorageError`; the next run goes on."""
        if not referral.is_due(now):
            return
        if referral.waiting_since is None:
            self.rows.mark(referral.reference, referral.etag, WaitingSince=moment_text(now))
            return
        alarms = sum(now - referral.waiting_since >= limit for limit in ALARMS)
        if alarms > referral.alarms:
            hours = ALARMS[alarms - 1] // timedelta(hours=1)
            why = referral.last_error or "not taken from the queue"
            logger.error("referral %s has been waiting over %d h to be sent: %s", referral.reference, hours, why)
            self.rows.mark(referral.reference, referral.etag, Alarms=alarms)
