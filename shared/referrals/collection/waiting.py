"""The referrals that wait for the provider behind a link, and the order in which they are listed. Pure decisions."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, groupby

from shared.referrals.errors import NotWaitingReason
from shared.referrals.model import INLINE, NOT_COLLECTED, SEALED, UNANSWERED, UNSENT, Referral, ReferralState

SHOWN = 100
"""Referrals on a page of the list."""

_BEHIND_IS_EVERY = 5  # of five places one is for those that stand behind, so that they come to their turn too
_DAMAGED = ("unseal-", "not-erased")
"""Beginnings of reasons for attention with which the answers cannot be shown, or may not be this service's."""


def is_waiting(referral: Referral) -> bool:
    """True if a link to its answers went out, or an email with one failed, and the provider has not dealt with it.

    One that is still to be sent, or is being sent again, is not: it may be claimed, so that its opening could not be
    noted, and two people might ring the same person.
    """
    went_as_link = referral.delivery not in {"", INLINE, SEALED}
    return went_as_link and _is_out(referral)


def is_waiting_sealed(referral: Referral) -> bool:
    """As `is_waiting`, for one that only the provider's keys open."""
    return referral.delivery == SEALED and _is_out(referral)


def reason_not_waiting(referral: Referral | None) -> NotWaitingReason:
    """The reason for which one that does not wait is not on the list; None is one that is not known (any more)."""
    if referral is None:
        return NotWaitingReason.UNKNOWN
    if referral.state is ReferralState.WITHDRAWN:
        return NotWaitingReason.WITHDRAWN
    if referral.is_set_aside:
        return NotWaitingReason.SET_ASIDE
    if referral.state is ReferralState.ERASED:
        return _reason_erased(referral)
    if referral.state is ReferralState.ACKNOWLEDGED:
        return NotWaitingReason.CONFIRMED
    return NotWaitingReason.DAMAGED if _is_damaged(referral) else _reason_without_link(referral)


def _reason_without_link(referral: Referral) -> NotWaitingReason:
    if referral.state in UNSENT:
        return NotWaitingReason.UNSENT
    return NotWaitingReason.INLINE if referral.delivery == INLINE else NotWaitingReason.NO_LINK


def _reason_erased(referral: Referral) -> NotWaitingReason:
    if referral.acknowledged_on:
        return NotWaitingReason.CONFIRMED
    is_uncollected = referral.last_error == NOT_COLLECTED
    return NotWaitingReason.NOT_COLLECTED if is_uncollected else NotWaitingReason.DELETED


def in_order(
    referrals: Iterable[Referral],
    most_a_day: int,
    page: int = SHOWN,
    waits: Callable[[Referral], bool] = is_waiting,
) -> list[Referral]:
    """Those that wait (`waits`), the oldest day first, and those that may be invented last.

    Behind the others go those that came without a browser's marks; then those of a day on which more than `most_a_day`
    came, whatever has become of them since, 0 for no such day; then those of such a day without the marks.

    If they are more than a `page`, old and new ones take turns within each of these, and every fifth place is for one
    that stands behind: however many invented ones are left there, none that is new stays beyond the first pages.
    """
    known = list(referrals)
    days = Counter(each.received_on for each in known)
    crowded = {day for day, number in days.items() if 0 < most_a_day < number}
    ordered = sorted((each for each in known if waits(each)), key=lambda each: _place(each, crowded))
    return ordered if len(ordered) <= page else _mixed(ordered, crowded)


def _mixed(ordered: Sequence[Referral], crowded: set[str]) -> list[Referral]:
    groups = groupby(ordered, key=lambda each: _place(each, crowded)[:2])
    front, behind = list[Referral](), list[Referral]()
    for place, group in groups:
        (behind if any(place) else front).extend(_from_both_ends(group))
    return list(_every_fifth(deque(front), deque(behind)))


def _from_both_ends(group: Iterable[Referral]) -> Iterator[Referral]:
    """The oldest, the newest, the second oldest and so on."""
    left = deque(group)
    while left:
        yield left.popleft()
        if left:
            yield left.pop()


def _every_fifth(front: deque[Referral], behind: deque[Referral]) -> Iterator[Referral]:
    place = 0
    while front and behind:
        place += 1
        yield (front if place % _BEHIND_IS_EVERY else behind).popleft()
    yield from chain(front, behind)


def _place(referral: Referral, crowded: set[str]) -> tuple[bool, bool, str, str]:
    return referral.received_on in crowded, referral.slow, referral.received_on, referral.reference


def _is_out(referral: Referral) -> bool:
    is_sent = referral.state in UNANSWERED or referral.state is ReferralState.ATTENTION
    return is_sent and not _is_damaged(referral)


def _is_damaged(referral: Referral) -> bool:
    return referral.state is ReferralState.ATTENTION and referral.last_error.startswith(_DAMAGED)
