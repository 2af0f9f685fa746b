"""Rules by which places are given: the waiting list in order, and how long a place is held for someone unchecked.

Someone is unproven whose address is not the trust's and who has not pressed the button in its email yet. They hold a
share of the places at most, and none that someone else wants after two hours: `shared.bookings.model.proving`.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from shared.bookings.model.attendee import Attendee, AttendeeState, Reason, Roster
from shared.bookings.model.place_count import PlaceCount
from shared.bookings.model.proving import CHECKED_BEFORE, lost_holds, most_unproven, without_holds, yielding
from shared.bookings.model.session import Session
from shared.local_time import WorkingDays

MOST_UNPROVEN_ROWS, MOST_UNPROVEN_FOR_EACH_PLACE = 100, 10
"""The most bookings of a session that nobody has proved: the larger of the two, the second for each of its places."""


@dataclass(frozen=True, slots=True)
class Reassigned:
    """Attendees who lose the place held for them until they prove their address, and who gets a place."""

    lost: tuple[Attendee, ...]
    given: tuple[Attendee, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationPolicy:
    """The rules that an installation chooses.

    `domains`: email domains whose owners work for the trust; a subdomain counts. `cutoff`: how long before the start
    the waiting list ends and a freed place is open to everyone. `check_weekdays`: for how many working days a place
    is held for someone with another address. `unproven_share`: the part of the places, in percent, that unproven people
    may hold, one at least. `waiting_list_factor`: for each place that many people may wait, 0 for any number.
    `on_hold`: for now no place is given or freed by itself. `feedback`: who had a place is asked how it was.
    """

    domains: tuple[str, ...] = ()
    cutoff: timedelta = timedelta(hours=24)
    check_weekdays: int = 2
    unproven_share: int = 20
    waiting_list_factor: int = 3
    on_hold: bool = False
    feedback: bool = False
    working_days: WorkingDays = field(default_factory=WorkingDays)

    def is_staff_address(self, address: str) -> bool:
        domain = address.rpartition("@")[2].casefold()
        return any(domain == each or domain.endswith(f".{each}") for each in self.domains)

    def cutoff_of(self, session: Session) -> datetime:
        return session.starts - self.cutoff

    def promotes(self, session: Session, now: datetime) -> bool:
        """True while those who wait come first."""
        return session.runs and now < self.cutoff_of(session)

    def has_place_for_newcomer(self, session: Session, roster: Roster | PlaceCount, now: datetime) -> bool:
        """True if someone new gets a place that is free: never past those who wait, while they come first."""
        return self.free_places(session, roster) > 0 and not self._queue(session, roster, now)

    def places_for_newcomer(self, session: Session, roster: Roster | PlaceCount, now: datetime) -> int:
        """The number of places for someone new and proved: those that are free or that unproven people yield."""
        if self.on_hold or self._queue(session, roster, now):
            return 0
        return max(0, session.capacity - roster.held + len(yielding(roster, now)))

    def yielded_to_newcomer(self, session: Session, roster: Roster, now: datetime) -> tuple[Attendee, ...]:
        """Attendees who lose the place held for them, for someone new to get one of `places_for_newcomer`."""
        missing = max(0, roster.held + 1 - session.capacity)
        return without_holds(yielding(roster, now)[:missing], now)

    def has_place_for_unproven(self, session: Session, roster: Roster, now: datetime) -> bool:
        """True if a free place is held for someone new who is unproven."""
        is_in_share = len(roster.unproven_held) < most_unproven(session.capacity, self.unproven_share)
        return is_in_share and self.has_place_for_newcomer(session, roster, now)

    def takes_unproven(self, session: Session, roster: Roster) -> bool:
        """True if one more booking is taken that nobody has proved."""
        most = max(MOST_UNPROVEN_ROWS, session.capacity * MOST_UNPROVEN_FOR_EACH_PLACE)
        return sum(each.is_unproven for each in roster.attendees) < most

    def may_join_waiting_list(self, session: Session, roster: Roster | PlaceCount, now: datetime) -> bool:
        """True if someone more may wait: not after the waiting list has ended, nor where it is full."""
        most = self._most_waiting(session)
        is_full = bool(most) and roster.listed >= most
        return session.waiting_list and self.promotes(session, now) and not is_full

    def with_turn(self, session: Session, roster: Roster, proved: Attendee, now: datetime) -> Attendee:
        """Someone of this roster who has proved their address and waits: on the list, or behind it if that is full."""
        if not proved.is_in_line or not self.promotes(session, now) or self._has_room(session, roster, proved):
            return proved
        return replace(proved, reason=str(Reason.LIST_FULL))

    def let_on_the_list(self, session: Session, roster: Roster, now: datetime) -> tuple[Attendee, ...]:
        """Those behind the waiting list for whom there is room on it now."""
        found: list[Attendee] = []
        for each in roster.behind_the_list if self.promotes(session, now) else ():
            if self._has_room(session, roster.with_changed(*found), each):
                found.append(replace(each, reason=""))
        return tuple(found)

    def _most_waiting(self, session: Session) -> int:
        """The number of people who may wait; 0 for any number."""
        return max(1, session.capacity) * self.waiting_list_factor

    def _has_room(self, session: Session, roster: Roster, attendee: Attendee) -> bool:
        """True if fewer than may wait have booked before them.

        So who joined later takes nobody's turn. Twice as many as may wait are never on the list, whatever the order in
        which they prove their addresses.
        """
        most = self._most_waiting(session)
        others = [each for each in roster.waiting if each.key != attendee.key]
        before = sum((each.waits_since, each.key) < (attendee.waits_since, attendee.key) for each in others)
        return not most or (before < most and len(others) < 2 * most)

    def promoted(self, session: Session, roster: Roster, now: datetime) -> tuple[Attendee, ...]:
        """Attendees who wait and get a place now, in order; none while more places are held than there are."""
        queue = self._queue(session, roster, now)[: self.free_places(session, roster)]
        return tuple(attendee.given_a_place(now) for attendee in queue)

    def reassigned(self, session: Session, roster: Roster, now: datetime) -> Reassigned:
        """Attendees who wait and get a place now, in order, and the unproven ones who yield theirs to them."""
        if self.on_hold:
            return Reassigned((), ())
        free, yields = session.capacity - roster.held, yielding(roster, now)
        queue = self._queue(session, roster, now)[: max(0, free + len(yields))]
        lost = without_holds(yields[: max(0, len(queue) - free)] if queue else (), now)
        return Reassigned(lost, tuple(attendee.given_a_place(now) for attendee in queue))

    def lost_holds(self, session: Session, roster: Roster, now: datetime) -> tuple[Attendee, ...]:
        """Unproven attendees whose place is not held any longer, as they wait from now on."""
        most = most_unproven(session.capacity, self.unproven_share)
        return () if self.on_hold else lost_holds(roster, most, now)

    def _queue(self, session: Session, roster: Roster | PlaceCount, now: datetime) -> list[Attendee]:
        """Those who come first, without those who could no longer be checked: the place would be lost at once."""
        if not self.promotes(session, now):
            return []
        may_be_checked = self.may_be_checked(session, now)
        queue = (*roster.waiting, *roster.behind_the_list)
        return [attendee for attendee in queue if may_be_checked or not attendee.needs_check]

    def free_places(self, session: Session, roster: Roster | PlaceCount) -> int:
        """The number of places that nobody holds, whoever waits for them; 0 while places are on hold."""
        return 0 if self.on_hold else max(0, session.capacity - roster.held)

    def check_deadline(self, session: Session, attendee: Attendee) -> datetime:
        """The moment, in UTC, until which a place is held for someone who is to be checked."""
        latest = session.starts - CHECKED_BEFORE
        if attendee.is_unproven:
            return latest  # the working days count from the moment at which they prove their address
        since = attendee.state_at or attendee.booked_at
        return min(self.working_days.after(max(since, attendee.acted_at or since), self.check_weekdays), latest)

    def may_be_checked(self, session: Session, now: datetime) -> bool:
        """True if there is still time to check someone who books now."""
        return now < session.starts - CHECKED_BEFORE

    def not_checked_in_time(self, session: Session, roster: Roster, now: datetime) -> tuple[Attendee, ...]:
        held = (each for each in roster.attendees if each.state is AttendeeState.TO_CHECK and each.needs_check)
        return tuple(each for each in held if now >= self.check_deadline(session, each) and not self.on_hold)
