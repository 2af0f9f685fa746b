"""Cancelled rows and the email log, by which a later save of the row as it had been is known."""

from collections.abc import Mapping

from shared.bookings.email_log.told import CANCELLATIONS
from shared.bookings.model.attendee import Attendee, AttendeeState, Reason, Roster
from shared.bookings.model.email_ids import MailId, MailKind
from shared.mail.log_rows import MailLogEntry
from shared.wording.sentences import sentence

SET_BACK_PROBLEM = sentence("portal.booking.set-back")


def is_set_back(attendee: Attendee) -> bool:
    """True if the row was set back to cancelled, and nobody has decided otherwise since."""
    return attendee.state is AttendeeState.CANCELLED and attendee.reason in CANCELLATIONS.values()


def moves_to_note(roster: Roster, log: Mapping[str, MailLogEntry]) -> list[str]:
    """Ids of emails that are not sent, because a move cancelled the booking: in the log they tell a stale save."""
    moved = [each for each in roster.attendees if each.state is AttendeeState.CANCELLED and each.reason == Reason.MOVED]
    return [mail_id for each in moved if (mail_id := cancellation_id(each)) not in log]


def cancellation_id(attendee: Attendee) -> str:
    """The id of the email that tells that the booking is cancelled."""
    return str(MailId.to(attendee, MailKind.BOOKING_CANCELLED))
