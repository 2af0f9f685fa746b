"""Deleting many rows: a hundred in one request, one at a time where that fails, and never all night long."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import batched

from shared.tables.table import MAX_WRITES, Row, StorageError, StorageUnavailableError, Table, Write

logger = logging.getLogger(__name__)

_MAX_UNCLEAR = 3  # answers, after which storage is down rather than one row bad


@dataclass(slots=True)
class BatchDelete:
    """One round of it. A row that cannot be deleted is counted and stops no other; `requests` are those left to make.

    Only rows that nobody changed since they were read are deleted.
    """

    requests: int
    deleted: int = 0
    failed: int = 0
    unclear: int = 0

    @property
    def is_spent(self) -> bool:
        return self.requests <= 0

    def delete(self, table: Table, rows: Sequence[Row], what: str) -> list[Row]:
        """Deletes rows of one partition and returns those that are still there. `what` names them in the log.

        Raises:
            StorageUnavailableError: storage gives no clear answers any more.
        """
        held: list[Row] = []
        for some in batched(rows, MAX_WRITES, strict=False):
            if len(some) == 1 or not self._delete_batch(table, some):
                held += [row for row in some if not self._delete_one(table, row, what)]
        return held

    def _delete_batch(self, table: Table, rows: Sequence[Row]) -> bool:
        if self.is_spent:
            return False
        self.requests -= 1
        try:
            table.apply([Write("delete", _keys(row), row.etag) for row in rows])
        except StorageError:
            return False  # one of them is bad, or it was done and the answer lost: one at a time shows which
        self.deleted += len(rows)
        return True

    def _delete_one(self, table: Table, row: Row, what: str) -> bool:
        if self.is_spent:
            return False
        self.requests -= 1
        try:
            table.delete(row.partition, row.key, row.etag)
        except StorageError as error:
            self._count_failure(error, what, row.text("Reference", "no reference"))
            return False
        self.deleted += 1
        return True

    def _count_failure(self, error: StorageError, what: str, reference: str) -> None:
        self.failed += 1
        logger.error("%s could not be deleted, %s: %s", what, reference, type(error).__name__)
        self.unclear += isinstance(error, StorageUnavailableError)
        if self.unclear >= _MAX_UNCLEAR:
            raise error


def _keys(row: Row) -> dict[str, str]:
    return {"PartitionKey": row.partition, "RowKey": row.key}
