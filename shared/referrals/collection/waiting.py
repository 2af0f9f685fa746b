"""The referrals that wait for the provider behind a link, and the order in which they are listed. Pure decisions."""

from collections import Counter
from collections.abc import Iterable

from shared.referrals.model import INLINE, UNANSWERED, Referral, ReferralState

_DAMAGED = ("unseal-", "not-erased")
"""Beginnings of reasons for attention with which the answers cannot be shown, or may not be this service's."""


def is_waiting(referral: Referral) -> bool:
    """True if a link to it went out, and the provider has neither confirmed it nor set it aside.

    One that is still to be sent, or is being sent again, is not: it may be claimed, so that its opening could not be
    noted, and two people might ring the same person.
    """
    went_as_link = referral.delivery not in {"", INLINE}
    is_out = referral.state in UNANSWERED or referral.state is ReferralState.ATTENTION
    return went_as_link and is_out and not _is_damaged(referral)


def in_order(referrals: Iterable[Referral], most_a_day: int) -> list[Referral]:
    """Those that wait, the oldest day first, and those that may be invented last.

    Behind the others go those that came without a browser's marks; then those of a day on which more than `most_a_day`
    came, whatever has become of them since, 0 for no such day; then those of such a day without the marks.
    """
    known = list(referrals)
    days = Counter(each.received_on for each in known)
    crowded = {day for day, number in days.items() if 0 < most_a_day < number}
    return sorted((each for each in known if is_waiting(each)), key=lambda each: _place(each, crowded))


def _place(referral: Referral, crowded: set[str]) -> tuple[bool, bool, str, str]:
    return referral.received_on in crowded, referral.slow, referral.received_on, referral.reference


def _is_damaged(referral: Referral) -> bool:
    return referral.state is ReferralState.ATTENTION and referral.last_error.startswith(_DAMAGED)
