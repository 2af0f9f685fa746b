"""Following a booking that was moved to the one that it has become."""

from shared.bookings.model.attendee import Attendee, Reason
from shared.bookings.places.applicant import booking_key
from shared.bookings.tables.repository import BookingRepository
from shared.normalised_address import normalised_address

_MOST_MOVES = 20  # of one booking, one after the other, that are followed


def follow_moves(
    rosters: BookingRepository, key: bytes, session_id: str, attendee: Attendee
) -> tuple[str, Attendee] | None:
    """The session and the booking that this one has become; None where nothing says that they are the same person's.

    An address that an administrator corrected is another mailbox: it is not led to by links of the first. `key` makes
    the row keys of bookings.
    """
    person = normalised_address(attendee.email)
    for _ in range(_MOST_MOVES):
        if attendee.is_live or attendee.reason != Reason.MOVED or not attendee.moved_to:
            break
        session_id = attendee.moved_to
        found = rosters.roster(session_id).find_person(booking_key(key, session_id, person), person)
        if found is None or normalised_address(found.email) != person:
            return None
        attendee = found
    return session_id, attendee
