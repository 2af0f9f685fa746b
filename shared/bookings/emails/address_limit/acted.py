"""Mailboxes of which someone has acted through a link, by what the rosters say."""

from collections.abc import Iterable

from shared.bookings.emails.address_limit.counted import mailbox
from shared.bookings.model.attendee import Attendee
from shared.bookings.tables.attendee_rows import NEVER_ACTED
from shared.tables.table import Table


def has_acted(bookings: Table, wanted: str) -> bool:
    """True if a booking of any session says that this mailbox has acted, or that nobody doubts it.

    Reads the whole table. Raises StorageError.
    """
    rows = bookings.query(["PartitionKey", "RowKey", "Email", "ActedAt"])
    return any(row.text("ActedAt") != NEVER_ACTED and mailbox(row.text("Email")) == wanted for row in rows)


def acted_mailboxes(attendees: Iterable[Attendee]) -> frozenset[str]:
    """The mailboxes of which one of these bookings says so."""
    return frozenset(mailbox(each.email) for each in attendees if not each.never_acted)
