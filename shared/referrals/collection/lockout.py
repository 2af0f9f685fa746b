"""Lockout of a link after five passphrase attempts, counted in a row of a table for all processes together.

An attempt is counted before the passphrase is compared, and the fifth locks the link in the same write: no one gets a
sixth by being fast, by asking two processes at once, or because one of them died. A correct passphrase clears the
count. If storage does not answer there are no attempts.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.referrals.errors import LinkLockedError
from shared.tables.table import Row, RowConflictError, StorageUnavailableError, Table, moment_text

TRIES = 5
LOCKED_FOR = timedelta(hours=1)

_PARTITION = "tries"
_ROUNDS = 20  # of reading again because another process was faster; five tries need no more


@dataclass(frozen=True, slots=True)
class Lockout:
    """The table `CollectTries`: a row for each referral with a failed attempt. Deleting a row unlocks."""

    table: Table

    def count_attempt(self, reference: str, now: datetime) -> int:
        """Counts an attempt at `now` (UTC) and returns the number that is left after it.

        Raises:
            LinkLockedError: there were five, and the last is less than an hour ago.
            StorageError: their number is unknown.
        """
        for _ in range(_ROUNDS):
            row = self.table.get(_PARTITION, reference)
            tries = _attempts_made(row, now) + 1
            try:
                self._write(row, _cells(reference, tries, now))
            except RowConflictError:
                continue
            return TRIES - tries
        raise StorageUnavailableError("too many concurrent updates")

    def reset(self, reference: str) -> None:
        """Deletes the count, after a correct one."""
        self.table.delete(_PARTITION, reference)

    def _write(self, row: Row | None, cells: dict[str, Any]) -> None:
        if row is None:
            self.table.insert(cells)
        else:
            self.table.merge(cells, row.etag)


def _attempts_made(row: Row | None, now: datetime) -> int:
    """The attempts that count at this moment."""
    if row is None:
        return 0
    tries = row.integer("Tries")
    if tries is not None and 0 <= tries < TRIES:
        return tries
    until = row.moment("LockedUntil")
    if until is None or now < until:  # a row that cannot be read locks, until someone deletes it
        raise LinkLockedError
    return 0


def _cells(reference: str, tries: int, now: datetime) -> dict[str, Any]:
    until = moment_text(now + LOCKED_FOR) if tries == TRIES else ""
    return {"PartitionKey": _PARTITION, "RowKey": reference, "Tries": tries, "LockedUntil": until}
