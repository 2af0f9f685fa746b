"""Bookings behind links, without storage: what the self-service answers, and a note of every act."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from shared.bookings.model.attendee import Reason, Roster
from shared.bookings.model.email_ids import DueMail
from shared.bookings.model.errors import BookingError, LinkUnknownError, TooLateError
from shared.bookings.places.service import Opening
from shared.bookings.self_service.service import Done, Managed
from tests import builders

TOKEN = "Ab3_-token-of-s1"
NEW_TOKEN = "Xy9_-token-of-s2"
STARTS = builders.london("2023-10-03 15:00")
GONE, NEXT = DueMail("s1", "booking-a-1-gone"), DueMail("s1", "booking-b-1-confirmation")
CONFIRMED = DueMail("s2", "booking-c-1-confirmation")
CALENDAR = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"


def managed(*, position: int = 0, session: dict[str, Any] | None = None, **attendee: Any) -> Managed:
    """One booking as it stands; what is named of the attendee and of the session is changed."""
    found, person = builders.session(**(session or {})), builders.attendee(**attendee)
    return Managed(session=found, attendee=person, position=position, roster=Roster((person,), ""))


def openings() -> list[Opening]:
    """Two sessions with places left, and one without."""
    dated = [builders.session(id=f"s{number}", starts=STARTS.replace(day=number)) for number in (2, 3, 4)]
    return [Opening(dated[0], 3), Opening(replace(dated[1], theme="Voices"), 1), Opening(dated[2], 0)]


@dataclass
class FakeManaging:
    """One booking that TOKEN opens. `refusal` is what the other session answers to whoever would move there."""

    managed: Managed = field(default_factory=managed)
    choices_now: list[Opening] = field(default_factory=openings)
    refusal: BookingError | None = None
    acts: list[str] = field(default_factory=list)

    def look(self, token: str, now: datetime) -> Managed:
        if token == NEW_TOKEN and any(act.startswith("move") for act in self.acts):
            return managed(session={"id": "s2", "starts": STARTS})
        if token != TOKEN:
            raise LinkUnknownError
        return self.managed

    def cancel(self, token: str, now: datetime) -> Done:
        found = self._in_time(token, now)
        if not found.attendee.is_live:
            return Done(managed=found, already=True)
        return self._done("cancel", Reason.LEFT, now, GONE, NEXT)

    def move(self, token: str, to_session_id: str, now: datetime) -> Done:
        found = self._in_time(token, now)
        if not found.attendee.is_live:
            return Done(managed=found, already=True)
        if self.refusal is not None:
            raise self.refusal
        return replace(self._done(f"move {to_session_id}", Reason.MOVED, now, CONFIRMED, NEXT), moved_to=NEW_TOKEN)

    def remind(self, token: str, *, on: bool, now: datetime) -> Done:
        found = self._in_time(token, now)
        if found.attendee.reminders is on:
            return Done(managed=found, already=True)
        self.acts.append(f"remind {on}")
        self.managed = replace(found, attendee=replace(found.attendee, reminders=on))
        return Done(managed=self.managed)

    def choices(self, token: str, now: datetime) -> list[Opening]:
        self.look(token, now)
        return self.choices_now

    def calendar(self, token: str, now: datetime) -> bytes:
        self.look(token, now)
        return CALENDAR

    def _in_time(self, token: str, now: datetime) -> Managed:
        found = self.look(token, now)
        if now >= found.session.starts:
            raise TooLateError
        return found

    def _done(self, act: str, reason: Reason, now: datetime, *mails: DueMail) -> Done:
        self.acts.append(act)
        self.managed = replace(self.managed, attendee=self.managed.attendee.cancelled(reason, now), position=0)
        return Done(managed=self.managed, mails=mails)
