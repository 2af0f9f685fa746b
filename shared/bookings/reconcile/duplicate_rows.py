"""The problem of rows of the schedule with the same RowKey: `session_among` says which one is the session."""

from collections.abc import Sequence

from shared.bookings.tables.session_rows import SessionRow

_SHOWN = 40  # characters of a PartitionKey


def same_key_problem(row: SessionRow, rows: Sequence[SessionRow], kept: SessionRow) -> str:
    """The sentence for the `Problem` of one of several `rows` with the same RowKey, of which `kept` is the session."""
    others = ", ".join(f'"{each.row.partition[:_SHOWN]}"' for each in rows if each is not row)
    by = "by this row" if row is kept else f'by the row with PartitionKey "{kept.row.partition[:_SHOWN]}"'
    return (
        f"Another row has the same RowKey, with PartitionKey {others}. Delete one, or add it anew with another RowKey. "
        f"Until then nothing is announced and no free place is given; bookings and emails go {by}."
    )
