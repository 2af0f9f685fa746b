"""Decides which of the referrals that are due go now: oldest first, within the quota, with `link` in batches.

A referral's age is the moment at which its sealed answers were written. Storage notes that by itself, and nothing
changes it but adding a MAC to a row of before, while the status row has the day only: ordering by it stores nothing
that is not there already.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import batched

from shared.referrals.model import Referral
from shared.referrals.sealed_answers import Ages

BATCH_SIZE = 20
"""Links in one email, and referrals that go by themselves even if they come at once."""

_RUNS_AN_HOUR = 12
_SLOW_IS_EVERY = 5  # of five places one is for those that give way, so that they come to their turn too
_LAST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Room:
    """Emails that may be sent now (`left`) and in an hour (`hourly`), None for no limit.

    `used` went in the last hour, `recent` since the run of the timer before.
    """

    left: int | None = None
    hourly: int | None = None
    used: int = 0
    recent: int = 0

    def less(self, emails: int) -> "Room":
        left = None if self.left is None else max(0, self.left - emails)
        return Room(left, self.hourly, self.used + emails, self.recent + emails)

    def each_run(self, part: int = 1) -> int | None:
        """Emails that every run of the timer may send without using up the hour; at least 1."""
        return None if self.hourly is None else max(1, self.hourly // _RUNS_AN_HOUR // part)

    def holds(self, single: int) -> bool:
        """True if so many single emails leave half of the hour to emails that hold many links."""
        fits_now = self.left is None or single <= self.left
        return fits_now and (self.hourly is None or self.used + single <= self.hourly // 2)

    @property
    def is_ahead(self) -> bool:
        """True if this run's part of the hour is used up, by a run shortly before or by single emails."""
        return self.hourly is not None and self.recent >= (self.each_run() or 1)


@dataclass(frozen=True, slots=True)
class Release:
    """Referrals that go now, `single` in an email of their own each; `waiting` of those due do not."""

    single: tuple[Referral, ...] = ()
    batches: tuple[tuple[Referral, ...], ...] = ()
    waiting: tuple[Referral, ...] = ()


def by_age(due: Iterable[Referral], ages: Ages) -> list[Referral]:
    """The oldest first; those whose answers are missing last."""
    return sorted(due, key=lambda each: (ages.written.get(each.reference, _LAST), each.received_on, each.reference))


def giving_way(ordered: Sequence[Referral]) -> list[Referral]:
    """Those that came without a browser's marks behind the others, but for every fifth place."""
    slow = [each for each in ordered if each.slow]
    found = [each for each in ordered if not each.slow]
    for place, each in enumerate(slow):
        found.insert((place + 1) * _SLOW_IS_EVERY - 1, each)
    return found


def release(ordered: Sequence[Referral], room: Room, *, in_batches: bool, surge: bool) -> Release:
    """Divides referrals, in their order, into those that go now and those that wait.

    Args:
        ordered: those due that are in no batch yet.
        room: what the quota leaves for them.
        in_batches: they may share an email, because it holds links only. They do if they are more than 20, or more than
            may go by themselves without using up the hour.
        surge: too many come at once, so those without a browser's marks take half of the room at most.
    """
    if in_batches and (len(ordered) > BATCH_SIZE or not room.holds(len(ordered))):
        return _in_groups(list(batched(ordered, BATCH_SIZE, strict=False)), room)
    number = len(ordered) if room.left is None else room.left
    going = _slowed(ordered[:number], room) if surge and not in_batches else list(ordered[:number])
    return Release(tuple(going), (), tuple(each for each in ordered if each not in going))


def _in_groups(groups: Sequence[tuple[Referral, ...]], room: Room) -> Release:
    """Full emails go as far as the quota does; one that is not full waits for the next run if this one is ahead."""
    full = sum(len(group) == BATCH_SIZE for group in groups)
    number = full if room.is_ahead else len(groups)
    number = number if room.left is None else min(number, room.left)
    going, waiting = groups[:number], groups[number:]
    return Release(
        single=tuple(group[0] for group in going if len(group) == 1),
        batches=tuple(group for group in going if len(group) > 1),
        waiting=tuple(each for group in waiting for each in group),
    )


def _slowed(going: Sequence[Referral], room: Room) -> list[Referral]:
    most = room.each_run(2)
    slow = [each for each in going if each.slow]
    left_out = set() if most is None else {each.reference for each in slow[most:]}
    return [each for each in going if each.reference not in left_out]
