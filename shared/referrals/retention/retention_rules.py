"""Periods after which something of a referral is deleted, and the conditions for it. Pure decisions."""

from datetime import date

from shared.referrals import transitions
from shared.referrals.days import add_days, is_day, is_past
from shared.referrals.model import INLINE, UNANSWERED, Referral, ReferralState

ERASED_AFTER = 30
"""Days after delivery at which answers that were never acknowledged are erased, if no one objects."""

STATUS_DELETED_AFTER = 90
"""Days after erasure at which the status is deleted too."""

INDEX_KEPT = 30
"""Days for which a delivery report finds the email that it is about."""

_TIME_TO_OBJECT = 7  # days, at least, between the last warning and erasure


def may_be_erased(referral: Referral, today: date) -> bool:
    """True if answers that were never acknowledged may be erased.

    They were delivered, the provider was warned twice, and a person could object and did not. Each of these days is
    long enough ago by itself, even if a clock was wrong once.
    """
    return (
        referral.state is ReferralState.ATTENTION
        and is_unanswered(referral)
        and is_in_mailbox(referral)
        and not is_held(referral, today)
        and referral.warned >= 2
        and is_past(referral.delivered_on, ERASED_AFTER, today)
        and is_past(referral.attention_on, _TIME_TO_OBJECT, today)
        and is_past(referral.warned_on, _TIME_TO_OBJECT, today)
    )


def earliest_erasure(referral: Referral) -> date | None:
    """The first day on which answers in the provider's mailbox may be erased unacknowledged; None if there is none.

    None too if someone objects without an end; it can become later, never sooner.
    """
    is_waiting = referral.state is ReferralState.ATTENTION and is_unanswered(referral) and is_in_mailbox(referral)
    day = add_days(referral.delivered_on, ERASED_AFTER)
    if day is None or not is_waiting or referral.held:
        return None
    return max(day, add_days(referral.held_until, 0) or day)


def is_held(referral: Referral, today: date) -> bool:
    """True if someone objects to its being erased: without an end, or until a day that has not come."""
    return referral.held or (is_day(referral.held_until) and not is_past(referral.held_until, 0, today))


def may_delete_status(referral: Referral, today: date) -> bool:
    """True if the status of a referral may be deleted: it is erased, or withdrawn and the provider was told."""
    is_over = referral.state is ReferralState.ERASED or (
        referral.state is ReferralState.WITHDRAWN and bool(referral.told_on)
    )
    return is_over and is_past(referral.erased_on, STATUS_DELETED_AFTER, today)


def is_unanswered(referral: Referral) -> bool:
    """True if the only thing wrong with it is the provider's silence."""
    if referral.state is ReferralState.ATTENTION:
        return referral.last_error == transitions.NOT_ACKNOWLEDGED
    return referral.state in UNANSWERED


def is_in_mailbox(referral: Referral) -> bool:
    """True if the answers are in the provider's mailbox; never so if they are to be collected."""
    return referral.delivery == INLINE and is_day(referral.delivered_on)
