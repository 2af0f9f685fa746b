"""Refusing places in a session whose bookings were lost."""

from shared.bookings.email_log.lost_roster import lost_bookings
from shared.bookings.model.errors import SessionSuspendedError
from shared.bookings.places.snapshot_cache import Snapshot
from shared.bookings.tables.repository import BookingRepository
from shared.mail.ledger import MailLedger


def check_nothing_is_lost(store: BookingRepository, log: MailLedger, snapshot: Snapshot) -> None:
    """Returns if the roster is whole. Only one without its guard costs a look: of most, that is the first booking.

    Raises:
        SessionSuspendedError: people were promised places that would be given away again.
    """
    session_id = snapshot.session.id
    if snapshot.roster.guard or not lost_bookings(snapshot.roster, entries := log.entries(session_id)):
        return
    if lost_bookings(store.roster(session_id), entries):  # the first booking may have been made meanwhile
        raise SessionSuspendedError(session_id)
