"""Places taken in many sessions at once, from the few cells that count them: for lists, never to decide a booking."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby

from shared.bookings.model.attendee import HOLDS_A_PLACE, AttendeeState, Roster
from shared.bookings.model.place_count import PlaceCount
from shared.bookings.tables.attendee_cells import state, with_readable_cells
from shared.bookings.tables.attendee_rows import read_attendee
from shared.bookings.tables.repository import GUARD
from shared.tables.table import Row, Table

COUNTED_CELLS = (
    *("PartitionKey", "RowKey", "State", "NeedsCheck", "ActedAt", "Reason", "StateAt", "BookedAt", "KnownState"),
)
"""The cells of an attendee's row that count; the last only where `State` is none of the service's words."""

MOST_AT_ONCE = 8  # requests under way: the connections that one process keeps open to storage
_SESSIONS_PER_REQUEST = 20


def read_place_counts(bookings: Table, session_ids: Sequence[str]) -> dict[str, PlaceCount]:
    """Returns the count of each session.

    Rosters that lie side by side in the table are read together, a thousand rows in a request, as long as one request
    for 20 sessions is enough: rosters of other sessions may lie between them. The rest are read one by one, eight at a
    time.

    Raises:
        StorageError: one of them cannot be read.
    """
    rows = _read_side_by_side(bookings, sorted(each for each in session_ids if each.isascii()))
    left = [each for each in session_ids if each not in rows]
    if left:
        with ThreadPoolExecutor(min(MOST_AT_ONCE, len(left))) as pool:
            rosters = pool.map(lambda each: bookings.query(COUNTED_CELLS, PartitionKey=each), left)
            rows |= dict(zip(left, rosters, strict=True))
    return {each: _count(rows[each]) for each in session_ids}


def _read_side_by_side(bookings: Table, ordered: Sequence[str]) -> dict[str, Sequence[Row]]:
    """The rows of those sessions that were read to their end and clear. ASCII keys are in the order of storage."""
    requests = len(ordered) // _SESSIONS_PER_REQUEST
    if not requests:
        return {}
    rows, complete = bookings.query_partitions(ordered[0], ordered[-1], COUNTED_CELLS[:-1], requests=requests)
    found: dict[str, Sequence[Row]] = {key: list(each) for key, each in groupby(rows, lambda row: row.partition)}
    end = rows[-1].partition if rows else ""
    whole = {each: found.get(each, ()) for each in ordered if complete or each < end}
    return {each: roster for each, roster in whole.items() if all(_is_clear(row) for row in roster)}


def _is_clear(row: Row) -> bool:
    return row.key == GUARD or row.text("State") in AttendeeState


def _count(rows: Iterable[Row]) -> PlaceCount:
    states = [(row, _state(row)) for row in rows if row.key != GUARD]
    waiting = [read_attendee(row) for row, found in states if found is AttendeeState.WAITING]
    to_check = [read_attendee(row) for row, found in states if found is AttendeeState.TO_CHECK]
    known = Roster((*waiting, *to_check), "")
    held = sum(found in HOLDS_A_PLACE for _, found in states)
    return PlaceCount(held, known.waiting, known.unproven_held)


def _state(row: Row) -> AttendeeState:
    word = row.text("State")
    # As the service writes it, in nearly every row; reading what people may have typed takes ten times as long.
    return AttendeeState(word) if word in AttendeeState else state(with_readable_cells(row))
