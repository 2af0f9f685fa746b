"""The problem of rows of the schedule with the same RowKey: `session_among` says which one is the session."""

from collections.abc import Sequence

from shared.bookings.tables.session_rows import SessionRow
from shared.wording.sentences import sentence

_SHOWN = 40  # characters of a PartitionKey


def same_key_problem(row: SessionRow, rows: Sequence[SessionRow], kept: SessionRow) -> str:
    """The sentence for the `Problem` of one of several `rows` with the same RowKey, of which `kept` is the session."""
    others = ", ".join(f'"{each.row.partition[:_SHOWN]}"' for each in rows if each is not row)
    if row is kept:
        return sentence("portal.session.same-key-kept", others=others)
    return sentence("portal.session.same-key", others=others, kept=kept.row.partition[:_SHOWN])
