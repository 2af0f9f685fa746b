"""What the days of a referral ask for: a reminder, a person's eye, or that its answers go. Pure decisions."""

from dataclasses import dataclass
from datetime import date, datetime

from shared.local_time import london_day
from shared.referrals import transitions
from shared.referrals.model import INLINE, UNANSWERED, Referral, ReferralState, days_since, weekdays_since

WARNED_AGAIN_AFTER = 14
"""Days after delivery, without an acknowledgement, at which a person looks and the provider is warned again."""

ERASED_AFTER = 30
"""Days after delivery at which answers that nobody acknowledged go, if nobody objects."""

STATUS_DELETED_AFTER = 90
"""Days after erasure at which the status goes too."""

_ATTENTION_AFTER = 2  # weekdays after the reminder
_TIME_TO_OBJECT = 7  # days, at least, between the last warning and erasure


@dataclass(frozen=True, slots=True)
class Deadlines:
    """`reminder_weekdays`: after how many weekdays without an acknowledgement the provider is reminded."""

    reminder_weekdays: int = 3

    def reminder_due(self, referral: Referral, today: date) -> int:
        """The number of the reminder that is due, the first or the second; 0 for none."""
        if not _is_unanswered(referral):
            return 0
        if referral.warned == 0:
            return int(_reached(weekdays_since(referral.sent_on, today), self.reminder_weekdays))
        is_due = referral.warned == 1 and _could_be_erased(referral) and _is_past(referral.warned_on, 1, today)
        return 2 * (is_due and _is_past(referral.delivered_on, WARNED_AGAIN_AFTER, today))

    def needs_attention(self, referral: Referral, today: date) -> bool:
        """Whether the provider has had it for too long without a word."""
        if referral.state not in UNANSWERED:
            return False
        late = _reached(weekdays_since(referral.sent_on, today), self.reminder_weekdays + _ATTENTION_AFTER)
        return late or (_could_be_erased(referral) and _is_past(referral.delivered_on, WARNED_AGAIN_AFTER, today))


def may_be_erased(referral: Referral, today: date) -> bool:
    """Whether answers that nobody acknowledged may go.

    They were delivered, the provider was warned twice, a person could object and did not; and each of these days is
    long enough ago by itself, whatever a clock did once.
    """
    return (
        referral.state is ReferralState.ATTENTION
        and _is_unanswered(referral)
        and _could_be_erased(referral)
        and not referral.held
        and referral.warned >= 2
        and _is_past(referral.delivered_on, ERASED_AFTER, today)
        and _is_past(referral.attention_on, _TIME_TO_OBJECT, today)
        and _is_past(referral.warned_on, _TIME_TO_OBJECT, today)
    )


def may_delete_status(referral: Referral, today: date) -> bool:
    """Whether the status of an erased referral may go."""
    return referral.state is ReferralState.ERASED and _is_past(referral.erased_on, STATUS_DELETED_AFTER, today)


def complete_manual_edit(referral: Referral, now: datetime) -> transitions.Cells:
    """The cells that a person who typed a state left unwritten; every deadline then begins today."""
    today = london_day(now)
    match referral.state:
        case ReferralState.ATTENTION if not _is_day(referral.attention_on):
            return transitions.attention(transitions.STATE_TYPED, now)
        case ReferralState.ERASED if not _is_day(referral.erased_on):
            return transitions.attention(transitions.STATE_TYPED, now)  # the word alone erases nothing
        case ReferralState.SENT if not _is_day(referral.sent_on):
            return {"SentOn": today}
        case ReferralState.DELIVERED if not (_is_day(referral.delivered_on) and _is_day(referral.sent_on)):
            return {"SentOn": _day_or(referral.sent_on, today), "DeliveredOn": _day_or(referral.delivered_on, today)}
        case ReferralState.ACKNOWLEDGED if not _is_day(referral.acknowledged_on):
            # The provider may have said so by phone, but not of what nobody ever sent it.
            return (
                {"AcknowledgedOn": today}
                if _is_day(referral.sent_on)
                else transitions.attention(transitions.STATE_TYPED, now)
            )
        case _:
            return {}


def _is_unanswered(referral: Referral) -> bool:
    """Whether nothing is wrong with it but the provider's silence."""
    if referral.state is ReferralState.ATTENTION:
        return referral.last_error == transitions.NOT_ACKNOWLEDGED
    return referral.state in UNANSWERED


def _could_be_erased(referral: Referral) -> bool:
    """Whether the answers lie in the provider's mailbox: not so where they are to be collected."""
    return referral.delivery == INLINE and _is_day(referral.delivered_on)


def _is_past(day: str, days: int, today: date) -> bool:
    return _reached(days_since(day, today), days)


def _reached(days: int | None, wanted: int) -> bool:
    return days is not None and days >= wanted


def _is_day(text: str) -> bool:
    return days_since(text, date.min) is not None


def _day_or(text: str, today: str) -> str:
    return text if _is_day(text) else today
