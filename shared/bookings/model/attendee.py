"""Rosters of sessions, and the people on them. No clock, no storage, no HTTP."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from shared.bookings.model.pending_move import PendingMove
from shared.bookings.model.pending_release import PendingRelease
from shared.fields.email_address import is_email_address
from shared.normalised_address import normalised_address

ADJUSTMENTS_LENGTH = 500


class AttendeeState(StrEnum):
    """States of someone on a roster. The first two hold a place."""

    CONFIRMED = "confirmed"
    TO_CHECK = "to-check"
    WAITING = "waiting"
    CANCELLED = "cancelled"


class Reason(StrEnum):
    """Reasons of a cancellation, which decide the email about it.

    `HOLD_LOST` is that of someone who waits and had a place held for them before, `LIST_FULL` that of someone who waits
    for room on the waiting list. `BOUNCED` is also that of someone live, whose place or turn is to be decided about
    because the email about it came back.
    """

    LEFT = "left"
    MOVED = "moved"
    NOT_CHECKED = "not checked in time"
    BY_ORGANISER = "by organiser"
    BOOKED_TWICE = "booked already"
    NOT_PROVED = "address not confirmed"
    HOLD_LOST = "place not kept: address not confirmed"
    LIST_FULL = "waiting list full"
    BOUNCED = "email came back"
    LEFT_BEFORE_SAVE = "cancelled before the row was saved"
    RELEASED_BEFORE_SAVE = "not checked in time before the row was saved"


BOOKING_KEY_PREFIX = "booking-"
"""Start of the row keys that the service makes."""

HOLDS_A_PLACE = frozenset({AttendeeState.CONFIRMED, AttendeeState.TO_CHECK})


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendee:
    """One row of a roster. `key` is its row key; `generation` is explained in `shared.bookings.model.generation`.

    `needs_check`: someone has to say that they work for the trust before they get the joining link. `never_acted`:
    nobody has pressed a button behind the link in the row's emails, and no administrator has vouched for the row;
    `acted_at` is when someone first did (`shared.bookings.model.proving`). `moved_from` is
    the session that they moved from; `pending_release` names the place there that is still to be given up. `moving` is
    the move away from here while it is under way; `moved_to` is the session that they moved to.
    `known_state` and `known_email` are what the service last wrote: where the row differs, an administrator wrote it.
    `needs_changed_at`: when they last changed what they need. `asked_by_other_name`: who asked again at
    `asked_again_at` gave another name. `address_since` is the generation in which the row got its present address.
    `problem` is what the row says is wrong with it, `cell_problems` what is; `position` is what it says of the place on
    the waiting list. `send_again` is the cell by which an administrator has the last confirmation sent again.
    `same_person`, set by the timer, names the row of the same roster that counts for this one's address
    (`shared.bookings.model.same_person`).
    """

    key: str
    reference: str
    state: AttendeeState
    name: str
    email: str
    adjustments: str
    share_adjustments: bool
    reminders: bool
    booked_at: datetime
    generation: int
    submission: str
    asked_again_at: datetime | None
    mail: str
    etag: str
    state_at: datetime | None = None
    waiting_since: datetime | None = None
    needs_check: bool = False
    never_acted: bool = False
    acted_at: datetime | None = None
    reason: str = ""
    moved_from: str = ""
    pending_release: PendingRelease | None = None
    moving: PendingMove | None = None
    moved_to: str = ""
    known_state: str = ""
    known_email: str = ""
    address_since: int = 1
    asked_by_other_name: bool = False
    needs_changed_at: datetime | None = None
    problem: str = ""
    cell_problems: str = ""
    position: str = ""
    send_again: str = ""
    same_person: str = field(default="", compare=False)

    @property
    def holds_a_place(self) -> bool:
        return self.state in HOLDS_A_PLACE and not self.is_repeated

    @property
    def is_live(self) -> bool:
        return self.state is not AttendeeState.CANCELLED and not self.is_repeated

    @property
    def is_waiting(self) -> bool:
        return self.state is AttendeeState.WAITING and not self.is_repeated

    @property
    def is_unproven(self) -> bool:
        """True if nobody knows that the address is theirs: it is not the trust's, and no button was pressed yet."""
        return self.is_live and self.needs_check and self.never_acted

    @property
    def is_bounced(self) -> bool:
        """True if the email about the booking came back, and nobody has used the link in it or decided about it."""
        return self.is_live and self.never_acted and self.reason == Reason.BOUNCED

    @property
    def is_in_line(self) -> bool:
        """True if they wait and their turn comes."""
        return self.is_listed and not self.is_bounced and not self.is_behind_the_list

    @property
    def is_behind_the_list(self) -> bool:
        """True if the waiting list had no room for them: their turn comes after everyone's who is on it."""
        return self.is_listed and self.reason == Reason.LIST_FULL

    @property
    def is_listed(self) -> bool:
        """True if they count towards the limit of the waiting list, also while their turn is passed over."""
        return self.is_waiting and not self.is_unproven

    @property
    def waits_since(self) -> datetime:
        """The moment (UTC) by which they have their turn."""
        return self.waiting_since or self.booked_at

    @property
    def is_repeated(self) -> bool:
        """True if the row was typed in for someone who is on the list already: it counts nowhere."""
        return bool(self.same_person) and not self.is_written_by_service and not self.has_other_address

    @property
    def is_written_by_service(self) -> bool:
        """True if the service added the row: it alone knows the answers of a form."""
        return self.key.startswith(BOOKING_KEY_PREFIX) and bool(self.submission)

    @property
    def has_other_address(self) -> bool:
        """True if an administrator wrote another address into the row than the one that the service knows."""
        return bool(self.known_email) and normalised_address(self.known_email) != normalised_address(self.email)

    def given_a_place(self, now: datetime) -> "Attendee":
        state = AttendeeState.TO_CHECK if self.needs_check else AttendeeState.CONFIRMED
        return replace(self, state=state, state_at=now, known_state=str(state), reason="", position="")

    def cancelled(self, reason: Reason, now: datetime, *, moved_to: str = "") -> "Attendee":
        state = AttendeeState.CANCELLED
        gone = replace(self, state=state, state_at=now, known_state=str(state), reason=str(reason), moved_to=moved_to)
        return replace(gone, pending_release=None, moving=None, position="")


def can_be_mailed(address: str) -> bool:
    """True if the forms would take it as one address; an administrator may have typed anything."""
    return is_email_address(address)


@dataclass(frozen=True, slots=True)
class Roster:
    """Everyone on one session's list, and the guard's ETag when they were read ("" where nobody booked yet)."""

    attendees: tuple[Attendee, ...]
    guard: str

    @property
    def held(self) -> int:
        """The number of places taken: counted every time, because a stored counter drifts."""
        return sum(attendee.holds_a_place for attendee in self.attendees)

    @property
    def waiting(self) -> tuple[Attendee, ...]:
        """Those who wait, in the order in which they came; without those whose address is yet to be proved."""
        return _in_order(each for each in self.attendees if each.is_in_line)

    @property
    def behind_the_list(self) -> tuple[Attendee, ...]:
        """Those who come after the waiting list, because it had no room for them, in the order in which they came."""
        return _in_order(each for each in self.attendees if each.is_behind_the_list)

    @property
    def listed(self) -> int:
        """The number of those who count towards the limit of the waiting list."""
        return sum(attendee.is_listed for attendee in self.attendees)

    @property
    def unproven_held(self) -> tuple[Attendee, ...]:
        """Those who hold a place with an address that is yet to be proved, the first to give it up first."""
        found = [attendee for attendee in self.attendees if attendee.is_unproven and attendee.holds_a_place]
        return tuple(sorted(found, key=lambda each: (each.booked_at, each.key), reverse=True))

    def position(self, key: str) -> int:
        """The place in the waiting list, from 1; 0 for someone who is not on it."""
        return next((place for place, each in enumerate(self.waiting, 1) if each.key == key), 0)

    def find(self, key: str) -> Attendee | None:
        return next((attendee for attendee in self.attendees if attendee.key == key), None)

    def find_person(self, key: str, person: str) -> Attendee | None:
        """The row of a person: a live one by its key or, as an administrator may have typed it, by their address."""
        mine = self.find(key)
        if mine is not None and mine.is_live:
            return mine
        found = [each for each in self._at(person) if each.is_live or not each.has_other_address]
        # A row into which an administrator wrote the address is theirs only if they have none of their own.
        is_there = mine is not None or any(not each.has_other_address for each in found)
        live = (each for each in found if each.is_live and not (is_there and each.has_other_address))
        return next(live, mine)

    def find_mailbox(self, address: str) -> Attendee | None:
        """The row with this address, whatever its state, or None."""
        found = sorted(self._at(normalised_address(address)), key=lambda each: each.has_other_address)
        return next(iter(found), None)

    def _at(self, person: str) -> list[Attendee]:
        return [each for each in self.attendees if each.email and normalised_address(each.email) == person]

    def find_submission(self, submission: str) -> Attendee | None:
        """The row that came of the same form, under whatever address.

        Of this session only: whoever goes back and chooses another one wants that as well, or sees both by email.
        """
        return next((each for each in self.attendees if each.submission.startswith(submission)), None)

    def with_changed(self, *changed: Attendee, guard: str = "") -> "Roster":
        keys = {attendee.key for attendee in changed}
        others = tuple(other for other in self.attendees if other.key not in keys)
        return Roster((*others, *changed), guard or self.guard)


def _in_order(attendees: Iterable[Attendee]) -> tuple[Attendee, ...]:
    return tuple(sorted(attendees, key=lambda each: (each.waits_since, each.key)))
