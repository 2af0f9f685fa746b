"""Sessions whose row somebody deleted although people have booked: they are told, though not at the first slip."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from shared.bookings.model.attendee import Session, SessionState
from shared.bookings.tables.announced_cell import read_announced
from shared.reminder_offsets import Offset
from shared.tables.service_table import KnownSession

_TOLD_AFTER = timedelta(days=1)
_TOLD_BEFORE_START = timedelta(hours=2)


def orphaned(known: KnownSession, reminders: tuple[Offset, ...], now: datetime) -> Session | None:
    """The session as it stands without its row, or None where nothing is known of it.

    It goes on as announced for a day, because a row that was deleted by mistake is put back; then, and at the latest
    two hours before it would start, it counts as cancelled and its attendees are told.
    """
    session = read_announced(known.id, known.announced, reminders)
    if session is None or session.state is SessionState.CANCELLED:
        return session
    since = known.missing_since or now
    if now < min(since + _TOLD_AFTER, session.starts - _TOLD_BEFORE_START):
        return replace(session, state=SessionState.CLOSED)
    gone = replace(session, state=SessionState.CANCELLED)
    return replace(gone, history=(*session.history, gone.told))


class Sessions(Protocol):
    """Where sessions are read; `shared.bookings.tables.repository` does it."""

    @property
    def reminders(self) -> tuple[Offset, ...]: ...

    def session(self, session_id: str) -> Session | None: ...


class Register(Protocol):
    """Where a session is remembered whose row was deleted; `shared.tables.service_table` does it."""

    def find(self, session_id: str) -> KnownSession | None: ...


@dataclass(frozen=True, slots=True)
class SessionFinder:
    """Finds a session for those who have booked it, whether its row is there or not."""

    sessions: Sessions
    register: Register

    def find(self, session_id: str, now: datetime) -> Session | None:
        """The session as it stands at `now` (UTC), or None where nothing is known of it."""
        session = self.sessions.session(session_id)
        if session is not None:
            return session
        known = self.register.find(session_id)
        return None if known is None else orphaned(known, self.sessions.reminders, now)
