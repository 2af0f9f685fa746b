"""Rows to put back: their keys, and those of the email log that no copy has."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from shared.bookings.model.email_ids import MailId, MailKind
from shared.mail.log_rows import UNKNOWN_VERSION, MailState, index_cells
from shared.tables.table import Row, RowConflictError, Table, is_key

type Cells = Mapping[str, Any]
type Keys = set[tuple[str, str]]

_RESTORED = "Restored"  # a cell of index rows that say nothing of what was sent
_VERSIONED = frozenset({MailKind.UPDATED, MailKind.SESSION_CANCELLED})


def key_of(cells: Cells) -> tuple[str, str]:
    """The keys of a row."""
    return cells["PartitionKey"], cells["RowKey"]


def insert_each(table: Table, rows: Iterable[Cells]) -> None:
    """Inserts rows; one that is there by now stays as it is. Raises `StorageError`."""
    for cells in rows:
        with suppress(RowConflictError):
            table.insert(cells)


def deleted_later(copied: Keys, later: Iterable[Iterable[Cells]]) -> Keys:
    """Keys of rows that a later copy has no more, although it has others of them: the table was not lost then.

    `later` are the rows of the table in each later copy.
    """
    kept = [{key_of(cells) for cells in rows} & copied for rows in later]
    return {key for of_copy in kept if of_copy for key in copied - of_copy}


def known_by_index(index: Iterable[Row], known: Keys) -> Iterator[Cells]:
    """Rows for emails that the index names and the log does not: they were claimed, so the email service got them.

    `known` are the keys of the rows that the log has.
    """
    for row in index:
        partition, mail_id = row.text("Session"), row.text("Mail")
        is_claimed = is_key(partition) and is_key(mail_id) and not row.text(_RESTORED)
        if not is_claimed or (partition, mail_id) in known:
            continue
        yield {
            "PartitionKey": partition,
            "RowKey": mail_id,
            "State": str(MailState.SENT),
            "At": row.text("At"),
            "Attempts": 1,
            "OperationId": row.partition,
            "Version": _version(row, MailId.parse(mail_id)),
        }


def _version(indexed: Row, mail: MailId | None) -> int:
    """The version of its session that an email described; of an unknown one the next change is told for certain."""
    if mail is not None and mail.kind in _VERSIONED and mail.about.isdecimal():
        return int(mail.about)
    described = indexed.integer("Version")
    return UNKNOWN_VERSION if described is None else described


def asked_first(session_id: str, mail_id: MailId, since: datetime) -> Cells:
    """The index row of an email that may have gone `since` the copy was made (UTC), and before the log was lost.

    Whoever claims an email that is in the index asks the email service for it before sending.
    """
    return index_cells(mail_id.operation_id(session_id), session_id, str(mail_id), since) | {_RESTORED: "yes"}
