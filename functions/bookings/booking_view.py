"""View-model of a booking, as its own page shows it."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from functions.bookings.session_view import SessionView
from functions.web.links import path_to
from shared.bookings.emails.web_calendars import WebCalendarLinks, web_calendar_links
from shared.bookings.model.attendee import Attendee, AttendeeState
from shared.bookings.model.proving import kept_until
from shared.bookings.model.session import SessionState
from shared.bookings.self_service.service import ManagedBooking
from shared.content.content import Content

CALLED_OFF = "called-off"


@dataclass(frozen=True, slots=True)
class BookingView:
    """One booking in words, with only the first letter of the name: others may see the screen.

    `state` is an attendee's, or `called-off` if the session is and the booking was not cancelled before.
    `position` counts from 1 in the waiting list; `list_is_full`: it has no room for them yet. `join_url` is empty
    without a confirmed place, and once the session is over. `may_be_in_calendar`: they wait, and may have had a place
    before. `note` is empty as `join_url` is; `awaits_link`: they have a place, and the link is still to come.
    `address` is the page's own path, without a slash at its end. `prove_until`: until when a button proves that
    the address is theirs; empty if they need not press it.
    """

    address: str
    calendar: str
    session: SessionView
    state: str
    reason: str
    position: int
    list_is_full: bool
    initial: str
    reference: str
    reminders: bool
    join_url: str
    awaits_link: bool
    note: str
    too_late: bool
    may_be_in_calendar: bool
    prove_until: str
    web_calendars: WebCalendarLinks

    @classmethod
    def of(cls, token: str, booking: ManagedBooking, content: Content, now: datetime) -> Self:
        session, attendee, state = booking.session, booking.attendee, _state(booking)
        may_join = state == AttendeeState.CONFIRMED and not session.is_over(now)
        return cls(
            address=address(token),
            calendar=path_to("calendar", token),
            session=SessionView.of(session, content),
            state=state,
            reason=attendee.reason,
            position=booking.position,
            list_is_full=attendee.is_behind_the_list,
            initial=_initial(attendee),
            reference=attendee.reference,
            reminders=attendee.reminders,
            join_url=session.join_url if may_join else "",
            awaits_link=may_join and session.awaits_link,
            note=session.note if may_join else "",
            too_late=now >= session.starts,
            may_be_in_calendar=attendee.is_waiting and attendee.generation > attendee.address_since,
            prove_until=content.dates.moment(kept_until(session, attendee)) if attendee.is_unproven else "",
            web_calendars=web_calendar_links(session, content.of_programme(session.programme).mails),
        )

    @property
    def is_live(self) -> bool:
        return self.state not in {AttendeeState.CANCELLED, CALLED_OFF}

    @property
    def can_change(self) -> bool:
        return self.is_live and not self.too_late

    @property
    def is_waiting(self) -> bool:
        return self.state == AttendeeState.WAITING


def address(token: str) -> str:
    """The path of a booking's page."""
    return path_to("manage", token)


def _state(booking: ManagedBooking) -> str:
    called_off = booking.session.state is SessionState.CANCELLED and booking.attendee.is_live
    return CALLED_OFF if called_off else str(booking.attendee.state)


def _initial(attendee: Attendee) -> str:
    """The first letter with its combining marks; empty if an administrator left none."""
    name = unicodedata.normalize("NFC", attendee.name)
    letters = [place for place, char in enumerate(name) if unicodedata.category(char)[0] == "L"]
    if not letters:
        return ""
    end = letters[0] + 1
    while end < len(name) and unicodedata.category(name[end])[0] == "M":
        end += 1
    return name[letters[0] : end]
