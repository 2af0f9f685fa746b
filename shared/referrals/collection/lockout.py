"""How often a passphrase may be tried at one link: counted in a row, so that all processes count together.

A try is counted before the passphrase is looked at, and the fifth locks the link in the same write: nobody gets a
sixth by being fast, by asking two processes at once, or because one of them died. A right passphrase clears the count.
Where storage does not answer nobody may try.
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
    """The table `CollectTries`: a row for each referral whose passphrase was mistyped. Deleting a row unlocks."""

    table: Table

    def count_attempt(self, reference: str, now: datetime) -> int:
        """Counts a try at `now` (UTC) and returns how many are left after it.

        Raises:
            LinkLockedError: there were five, and the last is less than an hour ago.
            StorageError: it is not known how many there were.
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
        """Forgets the tries, after a right one."""
        self.table.delete(_PARTITION, reference)

    def _write(self, row: Row | None, cells: dict[str, Any]) -> None:
        if row is None:
            self.table.insert(cells)
        else:
            self.table.merge(cells, row.etag)


def _attempts_made(row: Row | None, now: datetime) -> int:
    """How many tries count at this moment."""
    if row is None:
        return 0
    tries = row.integer("Tries")
    if tries is not None and 0 <= tries < TRIES:
        return tries
    until = row.moment("LockedUntil")
    if until is None or now < until:  # a row that cannot be read locks, until somebody deletes it
        raise LinkLockedError
    return 0


def _cells(reference: str, tries: int, now: datetime) -> dict[str, Any]:
    until = moment_text(now + LOCKED_FOR) if tries == TRIES else ""
    return {"PartitionKey": _PARTITION, "RowKey": reference, "Tries": tries, "LockedUntil": until}
