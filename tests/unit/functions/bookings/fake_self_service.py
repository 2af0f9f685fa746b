"""Bookings behind links, without storage: what the self-service answers, and a note of every act."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from shared.bookings.model.attendee import Reason, Roster
from shared.bookings.model.email_ids import DueMail
from shared.bookings.model.errors import BookingError, LinkUnknownError, TooLateError
from shared.bookings.model.proving import acted
from shared.bookings.places.bookable_session import BookableSession
from shared.bookings.self_service.details import DetailsRequest, with_details
from shared.bookings.self_service.service import ActionResult, ManagedBooking
from tests import builders

TOKEN = "Ab3_-token-of-s1"
NEW_TOKEN = "Xy9_-token-of-s2"
STARTS = builders.london("2023-10-03 15:00")
CHECKING = DueMail("s1", "booking-a-1-checking")
GONE, NEXT = DueMail("s1", "booking-a-1-gone"), DueMail("s1", "booking-b-1-confirmation")
CONFIRMED = DueMail("s2", "booking-c-1-confirmation")
CALENDAR = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"


def booking(*, position: int = 0, session: dict[str, Any] | None = None, **attendee: Any) -> ManagedBooking:
    """One booking as it stands; what is named of the attendee and of the session is changed."""
    found, person = builders.session(**(session or {})), builders.attendee(**attendee)
    return ManagedBooking(session=found, attendee=person, position=position, roster=Roster((person,), ""))


def bookable_sessions() -> list[BookableSession]:
    """Two sessions with places left, and one without."""
    dated = [builders.session(id=f"s{number}", starts=STARTS.replace(day=number)) for number in (2, 3, 4)]
    return [
        BookableSession(dated[0], 3),
        BookableSession(replace(dated[1], theme="Voices"), 1),
        BookableSession(dated[2], 0),
    ]


@dataclass
class FakeSelfService:
    """One booking that TOKEN opens. `refusal` is what the other session answers to whoever would move there."""

    booking: ManagedBooking = field(default_factory=booking)
    choices_now: list[BookableSession] = field(default_factory=bookable_sessions)
    refusal: BookingError | None = None
    acts: list[str] = field(default_factory=list)

    def find(self, token: str, now: datetime) -> ManagedBooking:
        if token == NEW_TOKEN and any(act.startswith("move") for act in self.acts):
            return booking(session={"id": "s2", "starts": STARTS})
        if token != TOKEN:
            raise LinkUnknownError
        return self.booking

    def prove(self, token: str, now: datetime) -> ActionResult:
        found = self._in_time(token, now)
        if not found.attendee.never_acted:
            return ActionResult(booking=found, already=True)
        self.acts.append("prove")
        self.booking = replace(found, attendee=acted(found.attendee, now))
        return ActionResult(booking=self.booking, mails=(CHECKING,))

    def cancel(self, token: str, now: datetime) -> ActionResult:
        found = self._in_time(token, now)
        if not found.attendee.is_live:
            return ActionResult(booking=found, already=True)
        return self._done("cancel", Reason.LEFT, now, GONE, NEXT)

    def move(self, token: str, to_session_id: str, now: datetime) -> ActionResult:
        found = self._in_time(token, now)
        if not found.attendee.is_live:
            moved = found.attendee.reason == Reason.MOVED
            return ActionResult(booking=found, already=True, moved_to=NEW_TOKEN if moved else "")
        if self.refusal is not None:
            raise self.refusal
        return replace(self._done(f"move {to_session_id}", Reason.MOVED, now, CONFIRMED, NEXT), moved_to=NEW_TOKEN)

    def set_reminders(self, token: str, *, on: bool, now: datetime) -> ActionResult:
        found = self._in_time(token, now)
        if found.attendee.reminders is on:
            return ActionResult(booking=found, already=True)
        self.acts.append(f"remind {on}")
        self.booking = replace(found, attendee=replace(found.attendee, reminders=on))
        return ActionResult(booking=self.booking)

    def change_details(self, token: str, wanted: DetailsRequest, *, asks_needs: bool, now: datetime) -> ActionResult:
        found = self._in_time(token, now)
        changed = with_details(found.attendee, wanted, now, asks_needs=asks_needs)
        if changed == found.attendee:
            return ActionResult(booking=found, already=True)
        self.acts.append("details")
        self.booking = replace(found, attendee=changed)
        return ActionResult(booking=self.booking)

    def choices(self, token: str, now: datetime) -> list[BookableSession]:
        self.find(token, now)
        return self.choices_now

    def calendar(self, token: str, now: datetime) -> bytes:
        self.find(token, now)
        return CALENDAR

    def _in_time(self, token: str, now: datetime) -> ManagedBooking:
        found = self.find(token, now)
        if now >= found.session.starts:
            raise TooLateError
        return found

    def _done(self, act: str, reason: Reason, now: datetime, *mails: DueMail) -> ActionResult:
        self.acts.append(act)
        self.booking = replace(self.booking, attendee=self.booking.attendee.cancelled(reason, now), position=0)
        return ActionResult(booking=self.booking, mails=mails)
