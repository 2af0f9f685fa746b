"""Finding a session for those who have booked it, whether its row is there or not."""

from dataclasses import dataclass
from datetime import datetime

from shared.bookings.model.session import Session
from shared.bookings.tables.deleted_sessions import deleted_session
from shared.bookings.tables.repository import BookingRepository
from shared.bookings.tables.session_register import SessionRegister


@dataclass(frozen=True, slots=True)
class SessionFinder:
    """Finds a session for those who have booked it, whether its row is there or not."""

    sessions: BookingRepository
    register: SessionRegister

    def find(self, session_id: str, now: datetime) -> Session | None:
        """The session as it stands at `now` (UTC), or None where nothing is known of it."""
        session = self.sessions.session(session_id)
        if session is not None:
            return session
        known = self.register.find(session_id)
        return None if known is None else deleted_session(known, self.sessions.reminders, now)
