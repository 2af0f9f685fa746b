"""The calendar entry of one booking."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from shared.bookings.model.attendee import Attendee, AttendeeState
from shared.bookings.model.session import Session, SessionState
from shared.bookings.self_service.calendar import CalendarEntry
from shared.content.content import Content, Mails


@dataclass(frozen=True, slots=True)
class CalendarNames:
    """The words that a calendar shows of a session: neutral ones, and the service as its organiser.

    `description` stands before the link that manages the booking. `programmes` have words of their own, by name.
    """

    summary: str
    description: str
    location: str
    organizer_name: str
    organizer_address: str
    programmes: Mapping[str, "CalendarNames"] = field(default_factory=dict)

    def of(self, session: Session) -> "CalendarNames":
        """Returns the words for a session."""
        return self.programmes.get(session.programme, self)


def calendar_names(content: Content, address: str) -> CalendarNames:
    """The words of an installation's content, with `address` as the organiser's."""
    own = {each.name: _names_in(content.of_programme(each.name).mails, address) for each in content.groups.programmes}
    return replace(_names_in(content.mails, address), programmes=own)


def _names_in(mails: Mails, address: str) -> CalendarNames:
    return CalendarNames(
        summary=mails.subject_name,
        description=mails.calendar_text,
        location=mails.calendar_place,
        organizer_name=mails.sign_off,
        organizer_address=address,
    )


def calendar_entry(
    session: Session, attendee: Attendee, link: str, names: CalendarNames, now: datetime
) -> CalendarEntry:
    """The entry of a booking as it stands at `now` (UTC); `link` manages the booking.

    Without a place it cancels the entry of the place that they may have had before.
    """
    called_off, names = session.state is SessionState.CANCELLED, names.of(session)
    return CalendarEntry(
        uid=_uid(session.id, attendee),
        sequence=_sequence(session, attendee, called_off=called_off),
        starts=session.starts,
        ends=session.ends,
        summary=names.summary,
        description=f"{names.description}\n{link}",
        location=session.place or names.location,
        organizer_name=names.organizer_name,
        organizer_address=names.organizer_address,
        url=link,
        cancelled=called_off or not attendee.holds_a_place,
        stamped_at=now,
        tentative=attendee.state is AttendeeState.TO_CHECK,
    )


_STEPS = (AttendeeState.WAITING, AttendeeState.TO_CHECK, AttendeeState.CONFIRMED, AttendeeState.CANCELLED)
"""The order in which the states of one generation follow each other: one step back begins the next generation."""


def _sequence(session: Session, attendee: Attendee, *, called_off: bool) -> int:
    # Rises with each version of the session, with each generation of the booking, and with each step in one of them.
    step = AttendeeState.CANCELLED if called_off else attendee.state
    versions = session.version + attendee.generation - attendee.address_since
    return len(_STEPS) * versions + _STEPS.index(step)


def _uid(session_id: str, attendee: Attendee) -> str:
    # The same in all generations in which the row is this person's, so that each replaces what calendars have of the
    # ones before. A hash, because an administrator may give a row any key.
    named = f"{len(session_id)}:{session_id}{attendee.key}-{attendee.address_since}"
    return hashlib.sha256(named.encode()).hexdigest()[:32]
