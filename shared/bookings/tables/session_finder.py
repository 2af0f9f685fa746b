"""Finding a session for those who have booked it, whether its row is there or not."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.bookings.model.session import Session
from shared.bookings.tables.deleted_sessions import deleted_session
from shared.bookings.tables.session_register import KnownSession
from shared.reminder_offsets import Offset


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
        return None if known is None else deleted_session(known, self.sessions.reminders, now)
