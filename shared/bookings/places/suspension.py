"""Refusing places in a session whose bookings were lost."""

from shared.bookings.email_log.lost_roster import lost_bookings
from shared.bookings.model.errors import SessionSuspendedError
from shared.bookings.places.snapshot_cache import Snapshot
from shared.bookings.tables.repository import BookingRepository


def check_nothing_is_lost(store: BookingRepository, snapshot: Snapshot) -> None:
    """Returns if the roster is whole. Only one without its guard can be lost.

    Raises:
        SessionSuspendedError: people were promised places that would be given away again.
    """
    session_id = snapshot.session.id
    if snapshot.roster.guard or not lost_bookings(snapshot.roster, snapshot.log):
        return
    if lost_bookings(store.roster(session_id), snapshot.log):  # the first booking may have been made meanwhile
        raise SessionSuspendedError(session_id)
