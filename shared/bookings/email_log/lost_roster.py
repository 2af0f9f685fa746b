"""Bookings that were lost with their table, told apart from rows that an administrator deleted."""

from collections.abc import Mapping

from shared.bookings.model.attendee import Roster
from shared.bookings.model.email_ids import MailId, MailKind
from shared.mail.log_rows import MailLogEntry, MailState
from shared.wording.sentences import sentence

_PROMISES = frozenset({MailKind.CONFIRMATION, MailKind.CHECKING})
_ENDS = frozenset({MailKind.BOOKING_CANCELLED, MailKind.HOLD_EXPIRED})
_ARRIVED = frozenset({MailState.SENT, MailState.DELIVERED})


def lost_bookings(roster: Roster, log: Mapping[str, MailLogEntry]) -> frozenset[str]:
    """Row keys of bookings that were promised a place by email and have no row, on a roster without its guard.

    Empty while the guard stands: a row that is missing then was deleted by hand, which frees its place. Every roster
    with someone on it has a guard from the next run of the timer on, so without one the rows went together.
    """
    if roster.guard:
        return frozenset()
    missing = _promised(log) - {attendee.key for attendee in roster.attendees}
    return frozenset(missing)


def lost_in_words(session_id: str, number: int) -> str:
    """The text about a loss for those who look after the tables."""
    if number == 1:
        return sentence("portal.session.lost-booking", session=session_id)
    return sentence("portal.session.lost-bookings", number=number, session=session_id)


def _promised(log: Mapping[str, MailLogEntry]) -> set[str]:
    """Row keys whose latest generation was promised a place and not told that it is over."""
    mails = [(mail, entry) for entry in log.values() if (mail := MailId.parse(entry.mail_id)) is not None]
    latest: dict[str, int] = {}
    for mail, _ in mails:
        latest[mail.attendee] = max(mail.generation, latest.get(mail.attendee, 0))
    current = [(mail, entry) for mail, entry in mails if mail.generation == latest[mail.attendee]]
    ended = {mail.attendee for mail, _ in current if mail.kind in _ENDS}
    promised = {mail.attendee for mail, entry in current if mail.kind in _PROMISES and entry.state in _ARRIVED}
    return promised - ended
