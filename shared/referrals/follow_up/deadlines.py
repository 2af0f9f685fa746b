"""Deadlines of a referral that the provider has not acknowledged: a reminder, then a person. Pure decisions."""

from dataclasses import dataclass, field
from datetime import date

from shared.local_time import WorkingDays
from shared.referrals.days import is_past, is_reached, working_days_since
from shared.referrals.model import UNANSWERED, Referral
from shared.referrals.retention.retention_rules import is_in_mailbox, is_unanswered

WARNED_AGAIN_AFTER = 14
"""Days after delivery, without an acknowledgement, at which a person looks and the provider is warned again."""

_ATTENTION_AFTER = 2  # working days after the reminder


@dataclass(frozen=True, slots=True)
class Deadlines:
    """`reminder_weekdays`: working days without an acknowledgement after which the provider is reminded."""

    reminder_weekdays: int = 3
    working_days: WorkingDays = field(default_factory=WorkingDays)

    def reminder_due(self, referral: Referral, today: date) -> int:
        """The number of the reminder that is due, the first or the second; 0 for none."""
        if not is_unanswered(referral):
            return 0
        if referral.warned == 0:
            return int(is_reached(self._days_since(referral.sent_on, today), self.reminder_weekdays))
        is_due = referral.warned == 1 and is_in_mailbox(referral) and is_past(referral.warned_on, 1, today)
        return 2 * (is_due and is_past(referral.delivered_on, WARNED_AGAIN_AFTER, today))

    def needs_attention(self, referral: Referral, today: date) -> bool:
        """True if the provider has had it for too long without an acknowledgement."""
        if referral.state not in UNANSWERED:
            return False
        late = is_reached(self._days_since(referral.sent_on, today), self.reminder_weekdays + _ATTENTION_AFTER)
        return late or (is_in_mailbox(referral) and is_past(referral.delivered_on, WARNED_AGAIN_AFTER, today))

    def _days_since(self, day: str, today: date) -> int | None:
        return working_days_since(day, today, self.working_days)
