"""Places taken in many sessions at once, from the few cells that count them: for lists, never to decide a booking."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby, pairwise

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
_STATE_CELLS = ("PartitionKey", "State")  # nearly every row is confirmed, and of those nothing else counts
_COUNT_NOTHING = (("RowKey", GUARD), ("State", "cancelled"))
_SETTLED = (*_COUNT_NOTHING, ("State", "confirmed"))


def read_place_counts(bookings: Table, session_ids: Sequence[str]) -> dict[str, PlaceCount]:
    """Returns the count of each session, from at most eight requests at a time.

    Rosters that lie side by side in the table are read together, those of twenty sessions or more in a request of a
    thousand rows: rosters of other sessions may lie between them. The rest are read one by one.

    Raises:
        StorageError: one of them cannot be read.
    """
    ordered = sorted(each for each in session_ids if each.isascii())  # ASCII keys are in the order of storage
    with ThreadPoolExecutor(MOST_AT_ONCE) as pool:
        side_by_side = pool.map(lambda some: _count_side_by_side(bookings, some), _neighbours(ordered))
        counts = {each: count for some in side_by_side for each, count in some.items()}
        left = [each for each in session_ids if each not in counts]
        rosters = pool.map(lambda each: bookings.query(COUNTED_CELLS, PartitionKey=each), left)
        return counts | {each: _count(rows) for each, rows in zip(left, rosters, strict=True)}


def _neighbours(ordered: Sequence[str]) -> list[Sequence[str]]:
    """The sessions in parts of twenty or more, nearly the same number in each; none of fewer sessions than that."""
    parts = len(ordered) // _SESSIONS_PER_REQUEST
    ends = [len(ordered) * part // parts for part in range(parts + 1)] if parts else []
    return [ordered[start:end] for start, end in pairwise(ends)]


def _count_side_by_side(bookings: Table, ordered: Sequence[str]) -> dict[str, PlaceCount]:
    """The counts of those sessions that can be read together and are clear.

    The states are read first, then the other cells of those rows alone that are neither confirmed nor cancelled.
    """
    read = _read_whole(bookings, ordered, _STATE_CELLS, _COUNT_NOTHING)
    states = {each: _words(rows) for each, rows in read.items()}
    clear = {each: words for each, words in states.items() if words.keys() <= set(AttendeeState)}
    unsettled = [each for each, words in clear.items() if words.keys() - {AttendeeState.CONFIRMED}]
    details = _read_whole(bookings, unsettled, COUNTED_CELLS, _SETTLED)
    return {
        each: _count(details.get(each, ()), words[AttendeeState.CONFIRMED])
        for each, words in clear.items()
        if each not in unsettled or (each in details and _is_the_rest(details[each], words))
    }


def _read_whole(
    bookings: Table, ordered: Sequence[str], select: Sequence[str], unlike: Sequence[tuple[str, str]]
) -> Mapping[str, Sequence[Row]]:
    """The rows of those sessions that one request reads to their end."""
    if not ordered:
        return {}
    rows, complete = bookings.query_partitions(ordered[0], ordered[-1], select, unlike)
    found: dict[str, Sequence[Row]] = {key: list(each) for key, each in groupby(rows, lambda row: row.partition)}
    end = rows[-1].partition if rows else ""
    return {each: found.get(each, ()) for each in ordered if complete or each < end}


def _is_the_rest(rows: Iterable[Row], words: Counter[str]) -> bool:
    """True if nobody changed the roster between the two readings, as far as it counts."""
    return _words(rows) == Counter({word: number for word, number in words.items() if word != AttendeeState.CONFIRMED})


def _words(rows: Iterable[Row]) -> Counter[str]:
    return Counter(row.text("State") for row in rows)


def _count(rows: Iterable[Row], confirmed: int = 0) -> PlaceCount:
    """The count of these rows and so many that are `confirmed`."""
    states = [(row, _state(row)) for row in rows if row.key != GUARD]
    waiting = [read_attendee(row) for row, found in states if found is AttendeeState.WAITING]
    to_check = [read_attendee(row) for row, found in states if found is AttendeeState.TO_CHECK]
    known = Roster((*waiting, *to_check), "")
    held = sum(found in HOLDS_A_PLACE for _, found in states)
    return PlaceCount(confirmed + held, known.waiting, known.unproven_held, known.behind_the_list, known.listed)


def _state(row: Row) -> AttendeeState:
    word = row.text("State")
    # As the service writes it, in nearly every row; reading what people may have typed takes ten times as long.
    return AttendeeState(word) if word in AttendeeState else state(with_readable_cells(row))
