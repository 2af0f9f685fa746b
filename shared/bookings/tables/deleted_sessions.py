"""Sessions whose row someone deleted although people have booked: they are told, though not at the first slip."""

from dataclasses import replace
from datetime import datetime, timedelta

from shared.bookings.model.session import Session, SessionState
from shared.bookings.tables.announced_cell import read_announced
from shared.bookings.tables.session_register import KnownSession
from shared.reminder_offsets import Offset

_CANCELLED_AFTER = timedelta(days=1)


_CANCELLED_BEFORE_START = timedelta(hours=2)


def deleted_session(known: KnownSession, reminders: tuple[Offset, ...], now: datetime) -> Session | None:
    """The session as it stands without its row, or None where nothing is known of it.

    It goes on as announced for a day, because a row that was deleted by mistake is put back; then, and at the latest
    two hours before it would start, it counts as cancelled and its attendees are told.
    """
    session = read_announced(known.id, known.announced, reminders)
    if session is None or session.state is SessionState.CANCELLED:
        return session
    since = known.missing_since or now
    if now < min(since + _CANCELLED_AFTER, session.starts - _CANCELLED_BEFORE_START):
        return replace(session, state=SessionState.CLOSED)
    gone = replace(session, state=SessionState.CANCELLED)
    return replace(gone, history=(*session.history, gone.details))
