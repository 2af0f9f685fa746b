"""Bookings and sessions as calendar files that tell a colleague who sees the calendar nothing."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from icalendar import Calendar, Event
    from icalendar.enums import STATUS

# Neutral: calendar programmes show it, and it names no trust, provider or subject.
_PRODID = "-//Staff sessions//Bookings//EN"
_UID = re.compile(r"[A-Za-z0-9@._-]{1,255}")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+")
_WEB_ADDRESS = re.compile(r"https?://[A-Za-z0-9._~:/?#@!$&()*+,;=%\[\]-]+")
_REFRESH = timedelta(hours=6)
_BREAKS_A_LINE = frozenset({"Cc", "Cs", "Zl", "Zp"})  # controls, half surrogate pairs, line and paragraph separators


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarEntry:
    """The facts of one calendar entry.

    `uid` stays the same for as long as the person and the session do, and `sequence` rises with each change, so that a
    calendar replaces what it has. `tentative`: the place is held, and not theirs for certain yet. All moments are
    aware. `summary` is seen by whoever sees the calendar; the joining link and the theme belong in none of the texts.
    `in_feed`: it tells of a session and not of anyone's booking, so it takes up nobody's time. Nor is it private:
    Google shows a private entry of a subscribed calendar to the subscriber as "busy" and nothing else.
    """

    uid: str
    sequence: int
    starts: datetime
    ends: datetime
    summary: str
    description: str
    location: str
    organizer_name: str
    organizer_address: str
    url: str
    cancelled: bool
    stamped_at: datetime
    tentative: bool = False
    in_feed: bool = False


def calendar_file(entry: CalendarEntry) -> bytes:
    """The entry as an iCalendar file of one event, in UTC, so that no programme has to understand a time zone.

    It is published, not an invitation: nobody is listed as attending (RFC 5546, 3.2.1 and 3.2.5). Whatever else would
    end a line becomes a space; the line ends of the description are escaped (RFC 5545, 3.3.11).

    Raises:
        ValueError: a moment without time zone, an end not after the start, or a uid, an address or a URL that is none.
    """
    calendar = _calendar("CANCEL" if entry.cancelled else "PUBLISH")
    calendar.add_component(_event(entry))
    return bytes(calendar.to_ical())


def calendar_feed(entries: Iterable[CalendarEntry], name: str) -> bytes:
    """The entries as one calendar to subscribe to, called `name`; it asks to be read again every six hours.

    Name and interval are given twice: as RFC 7986 (5.1, 5.7) has them, and as Outlook reads them (MS-OXCICAL). Raises
    as `calendar_file` does.
    """
    from icalendar import vText  # noqa: PLC0415  # see `_calendar`

    calendar = _calendar("PUBLISH")
    for named in ("name", "x-wr-calname"):
        calendar.add(named, vText(_line(name)))
    calendar.add("refresh-interval", _REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", f"PT{_REFRESH // timedelta(hours=1)}H")
    for entry in entries:
        calendar.add_component(_event(entry))
    return bytes(calendar.to_ical())


def _calendar(method: str) -> "Calendar":
    # 0.25 s to load, and only an email or a download needs it: no other function's start has to wait for it.
    from icalendar import Calendar  # noqa: PLC0415  # see above

    # Not `Calendar.new`, which gives the file a random UID of its own: the same entry is the same bytes.
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", _PRODID)
    calendar.add("method", method)
    return calendar


def _event(entry: CalendarEntry) -> "Event":
    from icalendar import Event, vCalAddress  # noqa: PLC0415  # see `_calendar`
    from icalendar.enums import CLASS, TRANSP  # noqa: PLC0415  # see `_calendar`

    starts, ends = _utc(entry.starts), _utc(entry.ends)
    if ends <= starts:
        raise ValueError("end must be after start")
    return Event.new(
        uid=_exactly(_UID, entry.uid, "uid"),
        sequence=entry.sequence,
        stamp=_utc(entry.stamped_at),
        start=starts,
        end=ends,
        summary=_line(entry.summary),
        description="\n".join(map(_line, entry.description.splitlines())),
        location=_line(entry.location),
        organizer=vCalAddress.new(_mailto(entry.organizer_address), cn=_line(entry.organizer_name)),
        url=_exactly(_WEB_ADDRESS, entry.url, "URL"),
        status=_status(entry),
        classification=CLASS.PUBLIC if entry.in_feed else CLASS.PRIVATE,
        transparency=TRANSP.TRANSPARENT if entry.in_feed else TRANSP.OPAQUE,
    )


def _status(entry: CalendarEntry) -> "STATUS":
    from icalendar.enums import STATUS  # noqa: PLC0415  # see `_calendar`

    if entry.cancelled:
        return STATUS.CANCELLED
    return STATUS.TENTATIVE if entry.tentative else STATUS.CONFIRMED


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("datetime has no time zone")
    return moment.astimezone(UTC)


def _line(text: str) -> str:
    return "".join(" " if unicodedata.category(char) in _BREAKS_A_LINE else char for char in text).strip()


def _exactly(shape: re.Pattern[str], text: str, what: str) -> str:
    if shape.fullmatch(text) is None:
        raise ValueError(f"invalid {what}")
    return text


def _mailto(address: str) -> str:
    """RFC 6068: whatever could begin something else than an address is percent-encoded."""
    return f"mailto:{quote(_exactly(_ADDRESS, address, 'address'), safe='@+')}"
