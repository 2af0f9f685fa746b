"""The number of referrals that were passed on to the provider in a quarter, for the numbers for a board. Pure.

It is counted right after the quarter. The status of a referral is kept for 90 days after its answers were deleted, and
these for 3 working days after it was sent at the least, so that each of the quarter still has one.
"""

from collections.abc import Iterable
from datetime import date

from shared.numbers.periods import Quarter
from shared.referrals.days import is_day
from shared.referrals.model import Referral, ReferralState


def passed_on(referrals: Iterable[Referral], quarter: Quarter) -> int:
    """Returns how many were sent to the provider in the quarter, and neither withdrawn nor set aside.

    One of an earlier quarter that was sent anew counted then, and does not count again. A test of the running service
    never went to the provider, which its row says in `Delivery`.
    """
    return sum(_counts(each, quarter) for each in referrals)


def _counts(referral: Referral, quarter: Quarter) -> bool:
    if referral.state is ReferralState.WITHDRAWN or referral.is_set_aside or not referral.delivery:
        return False
    was_sent_before = referral.epoch > 0 or referral.kept > 0
    counted_on = referral.received_on if was_sent_before and referral.sent_on else referral.sent_on
    return _quarter_of(counted_on) == quarter


def _quarter_of(day: str) -> Quarter | None:
    return Quarter.of(date.fromisoformat(day)) if is_day(day) else None
