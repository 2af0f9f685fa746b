"""Bookings that someone deleted by hand, as the email log shows them."""

from collections.abc import Mapping

from shared.bookings.model.attendee import Roster
from shared.bookings.model.email_ids import MailId
from shared.mail.log_rows import MailLogEntry


def deleted_by_hand(roster: Roster, log: Mapping[str, MailLogEntry]) -> frozenset[str]:
    """Row keys that emails were about and that the roster has no more, although its guard stands.

    Empty without the guard: then the rows went together, and were lost (`lost_roster`).
    """
    if not roster.guard:
        return frozenset()
    emailed = {mail.attendee for entry in log.values() if (mail := MailId.parse(entry.mail_id)) is not None}
    return frozenset(emailed - {attendee.key for attendee in roster.attendees})
