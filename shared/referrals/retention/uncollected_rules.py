"""The limit for what nobody collects: a day that is announced 30 days before, and that `Hold` puts off. Pure decisions.

It is about referrals that went out as a link, whose link nobody opened. One whose email did not arrive, or that waits
for a person for any reason but the provider's silence, has no such day.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from shared.referrals.days import add_days, is_day, is_past
from shared.referrals.model import INLINE, Referral
from shared.referrals.retention.retention_rules import is_unanswered

UNCOLLECTED_DAYS = 90
"""Days after sending until the answers are erased, unless the installation agreed on another number."""

NOTICE = timedelta(days=30)
"""Time for which the day is announced, to the operators and to the person, before anything is erased."""

ANNOUNCED_EVERY = 7
"""Days after which the operators are told again."""


@dataclass(frozen=True, slots=True)
class UncollectedLimit:
    """`kept_days`: days after sending for which answers are kept that nobody collects."""

    kept_days: int = UNCOLLECTED_DAYS

    def day_to_announce(self, referral: Referral, today: date) -> date | None:
        """The day on which its answers are erased, in its last 30 days; None if there is none to announce yet.

        A day that was announced moves to later ones only. One that was not is 30 days ahead, however late that is.
        """
        limit = self._limit(referral)
        if limit is None or today < limit - NOTICE:
            return None
        announced = add_days(referral.deletion_on, 0)
        return max(limit, announced or today + NOTICE)

    def is_due(self, referral: Referral, today: date) -> bool:
        """True if the operators are to be told of its day: for the first time, of another day, or again."""
        day = self.day_to_announce(referral, today)
        is_known = day is not None and referral.deletion_on == day.isoformat() and is_day(referral.deletion_told_on)
        return day is not None and not (is_known and not is_past(referral.deletion_told_on, ANNOUNCED_EVERY, today))

    def may_erase(self, referral: Referral, today: date) -> bool:
        """True if its answers may be erased: the day that was announced has come, and it is still the day."""
        day = self.day_to_announce(referral, today)
        return day is not None and day.isoformat() == referral.deletion_on and day <= today

    def _limit(self, referral: Referral) -> date | None:
        limit = add_days(referral.sent_on, self.kept_days)
        if limit is None or not is_uncollected(referral) or referral.held:
            return None
        return max(limit, add_days(referral.held_until, 0) or limit)


def is_uncollected(referral: Referral) -> bool:
    """True if its answers wait behind a link that nobody has opened."""
    is_link = referral.delivery not in {"", INLINE}
    return is_link and is_unanswered(referral) and not referral.opened_on


def announced_day(referral: Referral) -> date | None:
    """The day that the person is told: on it the answers are erased if nobody collects them; None if there is none.

    None too if someone has put it off since it was announced.
    """
    day, held_until = add_days(referral.deletion_on, 0), add_days(referral.held_until, 0)
    is_put_off = referral.held or (day is not None and held_until is not None and day < held_until)
    return None if is_put_off or not is_uncollected(referral) else day
