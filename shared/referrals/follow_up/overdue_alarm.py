"""Alarms for referrals that are due and are not sent: errors in the log after one hour and after four, by number.

None is named: the moment of the line, less its hours, would be the moment at which someone referred themselves.
"""

import logging
from collections import Counter
from collections.abc import Iterable
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

    def announce(self, referrals: Iterable[Referral], now: datetime) -> None:
        """Logs how many alarms have come due. A referral counts again until `note` has noted it."""
        due = Counter(alarms for each in referrals if (alarms := _alarms(each, now)) > each.alarms)
        for alarms, number in sorted(due.items()):
            hours = ALARMS[alarms - 1] // timedelta(hours=1)
            logger.error("referrals waiting over %d h to be sent: %d", hours, number)

    def note(self, referral: Referral, now: datetime) -> None:
        """Notes that the referral is late, or its alarm that has come due.

        Raises:
            StorageError: the next run goes on.
        """
        if not referral.is_due(now):
            return
        if referral.waiting_since is None:
            self.rows.mark(referral.reference, referral.etag, WaitingSince=moment_text(now))
        elif (alarms := _alarms(referral, now)) > referral.alarms:
            self.rows.mark(referral.reference, referral.etag, Alarms=alarms)


def _alarms(referral: Referral, now: datetime) -> int:
    """The number of limits that its waiting has passed; 0 if it does not wait."""
    if referral.waiting_since is None or not referral.is_due(now):
        return 0
    return sum(now - referral.waiting_since >= limit for limit in ALARMS)
