"""The confirmation that an administrator has had sent once more. Pure."""

from shared.bookings.model.attendee import Attendee
from shared.bookings.model.email_ids import KIND_BY_STATE, MailId, stamp
from shared.bookings.tables.cells.send_again import asked_at


def email_sent_again(attendee: Attendee) -> list[MailId]:
    """The email of someone live that is marked to go again; none where they stand differently since.

    Another email says that then, and this one would say it twice.
    """
    asked = asked_at(attendee.send_again)
    since = stamp(attendee.state_at or attendee.booked_at)
    return [MailId.to(attendee, KIND_BY_STATE[attendee.state], asked)] if since <= asked else []
