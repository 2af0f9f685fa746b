"""The time at which the answers of an acknowledged referral are erased. Pure decisions.

Someone at the provider said so, the answers have arrived, and the days have passed in which the provider can still say
that it does not have them after all.
"""

from datetime import date

from shared.local_time import WorkingDays
from shared.referrals.days import is_day, is_past, is_reached, working_days_since
from shared.referrals.model import INLINE, Referral, ReferralState
from shared.referrals.transitions import has_come_back

GRACE_WEEKDAYS = 3
"""Working days between the acknowledgement and the erasure, unless the installation chose another number."""

NO_REPORT_FOR = 14
"""Days after an email with answers at which it counts as arrived if nothing was reported of it."""


def may_erase_acknowledged(referral: Referral, grace_weekdays: int, calendar: WorkingDays, today: date) -> bool:
    """True if the answers of an acknowledged referral may be erased."""
    return (
        referral.state is ReferralState.ACKNOWLEDGED
        and has_arrived(referral, today)
        and is_reached(working_days_since(referral.acknowledged_on, today, calendar), grace_weekdays)
    )


def has_arrived(referral: Referral, today: date) -> bool:
    """True if its answers are known to have come to the provider; the word `acknowledged` says nothing about that.

    They were opened with the passphrase, or were in an email that was reported as delivered or not reported on.
    """
    if is_day(referral.opened_on):
        return True
    if referral.delivery != INLINE:
        return False
    is_silent = is_past(referral.sent_on, NO_REPORT_FOR, today) and not has_come_back(referral)
    return is_day(referral.delivered_on) or is_silent
