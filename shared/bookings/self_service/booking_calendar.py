"""The calendar entry of one booking."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from shared.bookings.model.attendee import Attendee
from shared.bookings.model.session import Session, SessionState
from shared.bookings.self_service.calendar import CalendarEntry


@dataclass(frozen=True, slots=True)
class CalendarNames:
    """The words that a calendar shows of a session: neutral ones, and the service as its organiser."""

    summary: str
    organizer_name: str
    organizer_address: str


def calendar_entry(
    session: Session, attendee: Attendee, link: str, names: CalendarNames, now: datetime
) -> CalendarEntry:
    """The entry of a booking as it stands at `now` (UTC); `link` manages the booking."""
    cancelled = not attendee.is_live or session.state is SessionState.CANCELLED
    return CalendarEntry(
        uid=_uid(session.id, attendee),
        # Rises with every version, and once more when the booking is cancelled in that version.
        sequence=2 * session.version + cancelled,
        starts=session.starts,
        ends=session.ends,
        summary=names.summary,
        description=link,
        organizer_name=names.organizer_name,
        organizer_address=names.organizer_address,
        url=link,
        cancelled=cancelled,
        stamped_at=now,
    )


def _uid(session_id: str, attendee: Attendee) -> str:
    # A hash, because an administrator may give a row any key.
    named = f"{len(session_id)}:{session_id}{attendee.key}-{attendee.generation}"
    return hashlib.sha256(named.encode()).hexdigest()[:32]
