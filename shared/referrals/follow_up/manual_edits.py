"""Manual edits of a referral's state: a person types the word, and the service completes the row."""

from datetime import datetime

from shared.local_time import local_day
from shared.referrals.days import is_day
from shared.referrals.model import INLINE, NOT_GENUINE, SETTLED, Referral, ReferralState
from shared.referrals.transitions import (
    CAME_BACK,
    NOT_OPENED,
    STATE_TYPED,
    UNDELIVERED,
    Cells,
    attention,
    has_come_back,
    without_false_word,
)


def complete_manual_edit(referral: Referral, now: datetime) -> Cells:
    """The cells that a person who typed a state left unwritten; every deadline then begins today."""
    today = local_day(now)
    match referral.state:
        case ReferralState.ATTENTION | ReferralState.ERASED if _is_typed(referral):
            return attention(STATE_TYPED, now) | without_false_word(referral)
        case ReferralState.SENT | ReferralState.DELIVERED if referral.is_marked_not_genuine:
            return {"LastError": "", "AcknowledgedOn": ""}  # it had been set aside, and is not any more
        case ReferralState.SENT:
            return _complete_sent(referral, now)
        case ReferralState.DELIVERED if not (is_day(referral.delivered_on) and is_day(referral.sent_on)):
            return {"SentOn": _day_or(referral.sent_on, today), "DeliveredOn": _day_or(referral.delivered_on, today)}
        case ReferralState.ACKNOWLEDGED:
            return _complete_acknowledged(referral, now)
        case _:
            return {}


def _is_typed(referral: Referral) -> bool:
    """True if `attention` or `erased` is a word that someone typed: it alone erases nothing."""
    if referral.state is ReferralState.ERASED:
        return not is_day(referral.erased_on)
    return not is_day(referral.attention_on) or referral.is_marked_not_genuine


def _complete_sent(referral: Referral, now: datetime) -> Cells:
    if has_come_back(referral):
        return attention(_report(referral), now)  # the word does not undo it
    return {} if is_day(referral.sent_on) else {"SentOn": local_day(now)}


def _complete_acknowledged(referral: Referral, now: datetime) -> Cells:
    reason = _reason_for_doubt(referral)
    if reason:
        return attention(reason, now)
    # The service itself leaves no other error beside the word: over one, it was typed, and its days begin now.
    if referral.last_error not in {"", NOT_GENUINE}:
        return {**SETTLED, "AcknowledgedOn": local_day(now)}
    return {} if is_day(referral.acknowledged_on) else {"AcknowledgedOn": local_day(now)}


def _reason_for_doubt(referral: Referral) -> str:
    """The code of what speaks against the word `acknowledged`, which was typed then; "" if nothing does.

    The word is no arrival: one that was never sent, that no one has opened, or whose email came back, is not with the
    provider, and stays with a person.
    """
    if is_day(referral.opened_on):
        return ""
    if has_come_back(referral):
        return _report(referral)
    if not is_day(referral.sent_on):
        return STATE_TYPED
    return "" if referral.delivery == INLINE else NOT_OPENED


def _report(referral: Referral) -> str:
    """The report of an email that came back, as a code; it may have been typed over."""
    return referral.last_error if referral.last_error in UNDELIVERED else CAME_BACK


def _day_or(text: str, today: str) -> str:
    return text if is_day(text) else today
