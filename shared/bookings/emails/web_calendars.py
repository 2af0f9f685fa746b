"""Links that put a session into a calendar on the web, for people whose computer blocks the calendar file.

A link tells the company that keeps the calendar what it says. So it has the time and neutral words, and not the link of
the booking, which opens it for whoever has it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

from shared.bookings.model.session import Session
from shared.content.content import Mails

_OUTLOOK = "https://outlook.office.com/calendar/deeplink/compose"
_GOOGLE = "https://calendar.google.com/calendar/render"


@dataclass(frozen=True, slots=True)
class WebCalendarLinks:
    """Addresses that open a new entry to save: in Outlook on the web with a work account, and in Google Calendar."""

    outlook: str
    google: str


def web_calendar_links(session: Session, mails: Mails) -> WebCalendarLinks:
    """Returns the links for one session, in UTC, so that no calendar has to understand a time zone."""
    starts, ends = session.starts.astimezone(UTC), session.ends.astimezone(UTC)
    outlook = {
        "path": "/calendar/action/compose",
        "rru": "addevent",
        "subject": mails.subject_name,
        "location": session.place or mails.calendar_place,
        "startdt": f"{starts:%Y-%m-%dT%H:%M:%SZ}",
        "enddt": f"{ends:%Y-%m-%dT%H:%M:%SZ}",
    }
    google = {
        "action": "TEMPLATE",
        "text": mails.subject_name,
        "location": session.place or mails.calendar_place,
        "dates": f"{_basic(starts)}/{_basic(ends)}",
    }
    return WebCalendarLinks(_address(_OUTLOOK, outlook), _address(_GOOGLE, google))


def _basic(moment: datetime) -> str:
    return f"{moment:%Y%m%dT%H%M%SZ}"


def _address(page: str, query: dict[str, str]) -> str:
    # Outlook shows a plus where other programs read a blank.
    return f"{page}?{urlencode(query, quote_via=quote, safe='/:')}"
