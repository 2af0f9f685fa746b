"""The problem of a session in which more people hold a place than there are places, for whatever reason."""

from shared.bookings.model.attendee import Roster
from shared.bookings.model.session import Session, SessionState
from shared.wording.sentences import sentence


def overbooked_problems(session: Session | None, roster: Roster) -> list[str]:
    """The problem in words without numbers, so that it stays the same one while people cancel; none if all is well."""
    if session is None or session.state is SessionState.CANCELLED or roster.held <= session.capacity:
        return []
    return [sentence("portal.session.overbooked")]
