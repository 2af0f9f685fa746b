"""The calendar of the public sessions, to which anyone can subscribe: dates under a neutral name."""

import hashlib
import logging
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from shared.bookings.model.session import Session, SessionState
from shared.bookings.places.service import BookingService
from shared.bookings.self_service.booking_calendar import CalendarNames
from shared.bookings.self_service.calendar import CalendarEntry, calendar_feed
from shared.failure_isolation import run_isolated

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SessionFeed:
    """Makes the calendar. `page` is the address of the list of sessions, to which each entry links."""

    places: BookingService
    names: CalendarNames
    page: str

    def file(self, now: datetime) -> bytes:
        """The sessions that are not over at `now` (UTC), from what the list remembers of them; no places are counted.

        A session that cannot be shown is left out.

        Raises:
            StorageError: the sessions cannot be read.
        """
        sessions = self.places.lists.sessions(self.places.store, now)
        entries = [
            run_isolated(logger, f"calendar entry of session {each.id}", partial(self._entry, each, now)).value
            for each in sessions
            if is_in_feed(each, now)
        ]
        return calendar_feed([each for each in entries if each is not None], self.names.summary)

    def _entry(self, session: Session, now: datetime) -> CalendarEntry:
        names = self.names.of(session)
        return CalendarEntry(
            uid=_uid(session.id),
            sequence=session.version,
            starts=session.starts,
            ends=session.ends,
            summary=names.summary,
            description=self.page,
            location=session.place or names.location,
            organizer_name=names.organizer_name,
            organizer_address=names.organizer_address,
            url=self.page,
            cancelled=session.state is SessionState.CANCELLED,
            stamped_at=now,
            in_feed=True,
        )


def is_in_feed(session: Session, now: datetime) -> bool:
    """True if the session is open, or was called off after it had been announced, until it would have ended.

    One that is called off stays, because a calendar that misses an entry may go on showing what it has. One that is
    closed is left out as the list leaves it out: it may never have been public.
    """
    if session.is_over(now):
        return False
    was_announced = bool(session.forgotten) or any(not told.called_off for told in session.history)
    return session.state is SessionState.OPEN or (session.state is SessionState.CANCELLED and was_announced)


def _uid(session_id: str) -> str:
    # A hash, because an administrator may give a row any key; and no booking's, for someone may have both.
    return hashlib.sha256(f"feed:{session_id}".encode()).hexdigest()[:32]
