"""Everything that is stored of people, as one run of the retention reads it."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import compress

from shared.bookings.retention.retention_rules import LONG_AGO
from shared.tables.table import Row, Table

ORPHANS = "orphans"  # partition of `Service`: since when the session of a roster is known to be missing
_KEYS = ("PartitionKey", "RowKey")


@dataclass(slots=True)
class Inventory:
    """Rows by partition, sessions by id. What the run deletes it takes out; `failed` counts by class what it could not.

    `orphans`: since when the sessions of rosters are known to be missing (UTC).
    """

    index: list[Row]
    log: dict[str, list[Row]]
    bookings: dict[str, list[Row]]
    sessions: dict[str, list[Row]]
    orphans: dict[str, datetime]
    failed: dict[str, int] = field(default_factory=dict)


def read_inventory(*, sessions: Table, bookings: Table, log: Table, index: Table, service: Table) -> Inventory:
    """Reads it all, as little of each row as is needed: no names, addresses or answers."""
    # In this order: an email's row in the log is older than its row in the index, a session's row than its bookings.
    indexed = index.query([*_KEYS, "At"])
    logged = log.query([*_KEYS, "At", "OperationId"])
    booked = bookings.query([*_KEYS, "BookedAt", "Reference"])
    orphans = {row.key: row.moment("FoundAt") or LONG_AGO for row in service.query(PartitionKey=ORPHANS)}
    by_id = _grouped(sessions.query(), lambda row: row.key)
    return Inventory(_dated(indexed, logged), _partitions(logged), _partitions(booked), by_id, orphans)


def split(rows: Sequence[Row], is_wanted: Callable[[Row], bool]) -> tuple[list[Row], list[Row]]:
    """Those that are wanted, and the others."""
    wanted = [is_wanted(row) for row in rows]
    return list(compress(rows, wanted)), list(compress(rows, [not each for each in wanted]))


def _partitions(rows: Sequence[Row]) -> dict[str, list[Row]]:
    return _grouped(rows, lambda row: row.partition)


def _grouped(rows: Sequence[Row], by: Callable[[Row], str]) -> dict[str, list[Row]]:
    found: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[by(row)].append(row)
    return dict(found)


def _dated(index: Sequence[Row], log: Sequence[Row]) -> list[Row]:
    """Rows of the index with the moment of their email, where they have none of their own."""
    moments = {row.text("OperationId"): row.text("At") for row in log}
    return [
        row if row.moment("At") else replace(row, cells={**row.cells, "At": moments.get(row.partition, "")})
        for row in index
    ]
