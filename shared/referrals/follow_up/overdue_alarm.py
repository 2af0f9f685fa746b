"""Referrals that are due and do not go: told to the log as errors after an hour and after four, by reference."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from shared.referrals.model import Referral
from shared.tables.table import moment_text

logger = logging.getLogger(__name__)

ALARMS = (timedelta(hours=1), timedelta(hours=4))


class Rows(Protocol):
    """What is needed of the tables; `shared.referrals.repository` describes it."""

    def mark(self, reference: str, etag: str, **cells: str | int) -> bool: ...


@dataclass(frozen=True, slots=True)
class OverdueAlarm:
    """Notes since when a referral has been late; only while nobody is at it, whose claim it would break."""

    rows: Rows

    def check(self, referral: Referral, now: datetime) -> None:
        """Raises `StorageError`; the next run goes on."""
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
