"""Rules by which places are given: the waiting list in order, and how long a place is held for someone unchecked."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.bookings.model.attendee import Attendee, AttendeeState, Roster
from shared.bookings.model.place_count import PlaceCount
from shared.bookings.model.session import Session
from shared.local_time import weekdays_after

CHECKED_BEFORE = timedelta(hours=24)
"""At the latest this long before the start a place is no longer held for someone who was not checked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationPolicy:
    """The rules that an installation chooses.

    `domains`: email domains whose owners work for the trust; a subdomain counts. `cutoff`: how long before the start
    the waiting list ends and a freed place is open to everyone. `check_weekdays`: for how many weekdays a place is
    held for someone with another address. `on_hold`: for now no place is given or freed by itself.
    """

    domains: tuple[str, ...] = ()
    cutoff: timedelta = timedelta(hours=24)
    check_weekdays: int = 2
    on_hold: bool = False

    def is_staff_address(self, address: str) -> bool:
        domain = address.rpartition("@")[2].casefold()
        return any(domain == each or domain.endswith(f".{each}") for each in self.domains)

    def cutoff_of(self, session: Session) -> datetime:
        return session.starts - self.cutoff

    def promotes(self, session: Session, now: datetime) -> bool:
        """True while those who wait come first."""
        return session.runs and now < self.cutoff_of(session)

    def has_place_for_newcomer(self, session: Session, roster: Roster | PlaceCount, now: datetime) -> bool:
        """True if someone new gets a place: never past those who wait, while they come first."""
        return self.free_places(session, roster) > 0 and not self._queue(session, roster, now)

    def promoted(self, session: Session, roster: Roster, now: datetime) -> tuple[Attendee, ...]:
        """Attendees who wait and get a place now, in order; none while more places are held than there are."""
        queue = self._queue(session, roster, now)[: self.free_places(session, roster)]
        return tuple(attendee.given_a_place(now) for attendee in queue)

    def _queue(self, session: Session, roster: Roster | PlaceCount, now: datetime) -> list[Attendee]:
        """Those who come first, without those who could no longer be checked: the place would be lost at once."""
        if not self.promotes(session, now):
            return []
        may_be_checked = self.may_be_checked(session, now)
        return [attendee for attendee in roster.waiting if may_be_checked or not attendee.needs_check]

    def free_places(self, session: Session, roster: Roster | PlaceCount) -> int:
        """The number of places that nobody holds, whoever waits for them; 0 while places are on hold."""
        return 0 if self.on_hold else max(0, session.capacity - roster.held)

    def check_deadline(self, session: Session, attendee: Attendee) -> datetime:
        """The moment, in UTC, until which a place is held for someone who is to be checked."""
        since = attendee.state_at or attendee.booked_at
        return min(weekdays_after(since, self.check_weekdays), session.starts - CHECKED_BEFORE)

    def may_be_checked(self, session: Session, now: datetime) -> bool:
        """True if there is still time to check someone who books now."""
        return now < session.starts - CHECKED_BEFORE

    def not_checked_in_time(self, session: Session, roster: Roster, now: datetime) -> tuple[Attendee, ...]:
        held = (each for each in roster.attendees if each.state is AttendeeState.TO_CHECK and each.needs_check)
        return tuple(each for each in held if now >= self.check_deadline(session, each) and not self.on_hold)
