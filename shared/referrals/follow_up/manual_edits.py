"""Manual edits of a referral's state: a person types the word, and the service completes the row."""

from datetime import datetime

from shared.local_time import london_day
from shared.referrals.days import is_day
from shared.referrals.model import Referral, ReferralState
from shared.referrals.transitions import STATE_TYPED, Cells, attention


def complete_manual_edit(referral: Referral, now: datetime) -> Cells:
    """The cells that a person who typed a state left unwritten; every deadline then begins today."""
    today = london_day(now)
    match referral.state:
        case ReferralState.ATTENTION if not is_day(referral.attention_on):
            return attention(STATE_TYPED, now)
        case ReferralState.ERASED if not is_day(referral.erased_on):
            return attention(STATE_TYPED, now)  # the word alone erases nothing
        case ReferralState.SENT if not is_day(referral.sent_on):
            return {"SentOn": today}
        case ReferralState.DELIVERED if not (is_day(referral.delivered_on) and is_day(referral.sent_on)):
            return {"SentOn": _day_or(referral.sent_on, today), "DeliveredOn": _day_or(referral.delivered_on, today)}
        case ReferralState.ACKNOWLEDGED if not is_day(referral.acknowledged_on):
            # The provider may have said so by phone, but not of a referral that was never sent.
            return {"AcknowledgedOn": today} if is_day(referral.sent_on) else attention(STATE_TYPED, now)
        case _:
            return {}


def _day_or(text: str, today: str) -> str:
    return text if is_day(text) else today
