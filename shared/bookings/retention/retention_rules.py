"""Rules for when the stored rows of a session are no longer needed. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from shared.bookings.tables.announced_cell import announced_text
from shared.bookings.tables.session_rows import read_session_row
from shared.tables.table import Row

LONG_AGO = datetime.min.replace(tzinfo=UTC)
_WHEN = ("PartitionKey", "RowKey", "Date", "Time")


def session_end(rows: Sequence[Row]) -> datetime | None:
    """The end of a session by everything that its rows say, in UTC; None where that is not clear.

    An edit that attendees were not told of counts as much as what they were told: the later of the two holds.
    """
    ends = [_row_end(row) for row in rows]
    known = [each for each in ends if each is not None]
    return max(known) if len(known) == len(ends) and known else None


def _row_end(row: Row) -> datetime | None:
    seen = read_session_row(row, ())
    # Any other cell may be wrong: what matters here is the day.
    day = Row({name: row.cells.get(name) for name in _WHEN} | {"Capacity": 0}, "")
    written = seen.written or read_session_row(day, ()).written
    if written is None:
        return None
    return max(session.ends for session in (written, seen.known) if session is not None)


def are_over(rows: Sequence[Row], kept: timedelta, now: datetime) -> bool:
    """True if a session was over as long ago as its bookings are kept."""
    end = session_end(rows)
    return end is not None and now - end >= kept


def is_older(row: Row, cell: str, kept: timedelta, now: datetime, *, since: datetime = LONG_AGO) -> bool:
    """True if the moment in a cell, and `since`, are both as long ago as that; no moment counts as long ago."""
    return now - max(row.moment(cell) or LONG_AGO, since) >= kept


def without_link(row: Row) -> str | None:
    """The text of `Announced` without the joining links and notes that it holds; None where it holds none."""
    text, known = row.text("Announced"), read_session_row(row, ()).known
    if known is None:
        return "" if text else None
    if not any(details.join_url or details.note for details in known.history):
        return None
    history = tuple(replace(details, join_url="", note="") for details in known.history)
    return announced_text(replace(known, join_url="", note="", history=history))
