"""What can be seen of a life of bookings, as the promises of `tests.promises` read it."""

from tests.promises import Outcome
from tests.unit.shared.bookings.faulty_booking_system import FaultyBookingHarness

_TABLES = {"sessions": "Sessions", "bookings": "Bookings", "log": "MailLog"}


def outcome(harness: FaultyBookingHarness) -> Outcome:
    """The tables and emails of the harness. Someone may get the same text again, as they may book again."""
    rows = {name: harness.real_tables[each].rows.items() for each, name in _TABLES.items()}
    emails = [
        {
            "operationId": str(operation),
            "recipients": {"to": [{"address": message.to}]},
            "content": {"subject": message.subject, "plainText": message.text},
        }
        for operation, message in harness.sender.sent
    ]
    return Outcome(
        tables={name: {keys: row.cells for keys, row in found} for name, found in rows.items()},
        emails=emails,
        now=harness.now,
        copies=len(emails),
    )
