"""Referrals that were sent in an email of their own, and of which no delivery report has come."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.local_time import london_day
from shared.mail.delivery import is_forgotten
from shared.referrals.days import is_day
from shared.referrals.delivery.forwarder import operation_id
from shared.referrals.model import ReferralState
from shared.referrals.repository import ReferralRepository


@dataclass(frozen=True, slots=True)
class UnreportedReferrals:
    """Those sent on an earlier day, as far back as the email service remembers them. Batches are in the email log."""

    rows: ReferralRepository
    remembered_days: int | None

    def __call__(self, now: datetime) -> Iterable[UUID]:
        """Returns the operation ids of their emails. Raises `StorageError`."""
        today = london_day(now)
        for referral in self.rows.every_status():
            is_own = referral.state is ReferralState.SENT and not referral.batch
            is_old = is_day(referral.sent_on) and referral.sent_on < today
            if is_own and is_old and not is_forgotten(referral.sent_on, today, self.remembered_days):
                yield operation_id(referral)
