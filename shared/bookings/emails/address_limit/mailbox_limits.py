"""The table `MailLimits`: for each mailbox that has not acted, the emails of the last day and those that wait.

A row has a keyed hash of the mailbox for its key, and is deleted once its emails are a day old and none waits. An email
is counted under its id at the email service and before it is sent, so that counting it again, after a crash or in
another process, changes nothing but the moment.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import batched
from typing import Any
from uuid import UUID

from shared.bookings.emails.address_limit.counted import MOST_EMAILS, WITHIN
from shared.bookings.model.email_ids import DueMail
from shared.references import keyed_hash
from shared.tables.table import MAX_WRITES, Row, RowConflictError, Table, Write, moment_text, parse_moment

_PARTITION = "mailbox"
_TRIES = 8  # each conflict is another process that counted its email
_LONGEST = 30_000  # characters of a cell, which holds 32,768 UTF-16 code units
_CLOCKS_DIFFER = timedelta(hours=1)
_COMBINED_WITHIN = timedelta(days=1)  # after the limit's end, in which those that wait can be sent together


@dataclass(frozen=True, slots=True)
class Turn:
    """The answer to an email that wants to be sent: at once, or not before `waits_until` (UTC).

    `waiting` are other emails to the same mailbox that wait, to be sent with it.
    """

    waits_until: datetime | None = None
    waiting: tuple[DueMail, ...] = ()


@dataclass(frozen=True, slots=True)
class MailboxLimits:
    """Counts the emails of each mailbox. `key` is the key of the hashes. Every method raises `StorageError`."""

    table: Table
    key: bytes = field(repr=False)

    def take(self, mailbox: str, operation: UUID, mail: DueMail, now: datetime) -> Turn:
        """Counts an email at `now` (UTC), or notes that it waits; `operation` is its id at the email service."""
        for _ in range(_TRIES):
            row = self._row(mailbox)
            sent, waiting = _sent(row, now), _waiting(row)
            others = tuple(each for each in waiting if each != mail)
            if str(operation) in sent or len(sent) < MOST_EMAILS:
                if self._write(row, mailbox, sent | {str(operation): now}, others):
                    return Turn(waiting=others)
            elif mail in waiting or self._write(row, mailbox, sent, (*others, mail)):
                return Turn(waits_until=min(sent.values()) + WITHIN)
        raise RowConflictError("the row of a mailbox kept changing")

    def forget(self, mailbox: str, mails: Sequence[DueMail]) -> None:
        """Takes emails off those that wait."""
        for _ in range(_TRIES):
            row = self._row(mailbox)
            waiting = _waiting(row)
            left = tuple(each for each in waiting if each not in mails)
            if row is None or left == waiting or self._write(row, mailbox, _all_sent(row), left):
                return
        raise RowConflictError("the row of a mailbox kept changing")

    def prune(self, now: datetime) -> int:
        """Deletes the rows of which every email is over a day old, and returns their number.

        A row of which some wait is kept for another day.
        """
        rows = self.table.query(["PartitionKey", "RowKey", "Sent", "Waiting"], PartitionKey=_PARTITION)
        old = [row for row in rows if not _sent(row, now, _COMBINED_WITHIN if _waiting(row) else timedelta())]
        for some in batched(old, MAX_WRITES, strict=False):
            self.table.apply([Write("delete", _keys(row.key), row.etag) for row in some])
        return len(old)

    def _row(self, mailbox: str) -> Row | None:
        return self.table.get(_PARTITION, self._key(mailbox))

    def _key(self, mailbox: str) -> str:
        return keyed_hash(self.key, "mailbox", mailbox)[:32]

    def _write(self, row: Row | None, mailbox: str, sent: Mapping[str, datetime], waiting: Sequence[DueMail]) -> bool:
        cells: dict[str, Any] = _keys(self._key(mailbox)) | {
            "Sent": json.dumps({operation: moment_text(at) for operation, at in sent.items()}),
            "Waiting": _waiting_text(waiting),
        }
        try:
            self.table.insert(cells) if row is None else self.table.merge(cells, row.etag)
        except RowConflictError:
            return False
        return True


def _keys(key: str) -> dict[str, str]:
    return {"PartitionKey": _PARTITION, "RowKey": key}


def _waiting_text(waiting: Sequence[DueMail]) -> str:
    """The cell's text; what does not fit is left out, and sent by itself when its time has come."""
    text = json.dumps([[each.session_id, each.mail_id] for each in waiting])
    return text if len(text) <= _LONGEST else _waiting_text(waiting[:-1])


def _sent(row: Row | None, now: datetime, longer: timedelta = timedelta()) -> dict[str, datetime]:
    """Those of the last day; without those of the future, which a wrong clock counted."""
    found = _all_sent(row).items()
    return {operation: at for operation, at in found if at - _CLOCKS_DIFFER <= now < at + WITHIN + longer}


def _all_sent(row: Row | None) -> dict[str, datetime]:
    """The moments in a row; whatever someone typed over them counts as none."""
    found = _parsed(row, "Sent", dict)
    moments = {str(operation): parse_moment(str(at)) for operation, at in found.items()}
    return {operation: at for operation, at in moments.items() if at is not None}


def _waiting(row: Row | None) -> tuple[DueMail, ...]:
    found = _parsed(row, "Waiting", list)
    pairs = (each for each in found if isinstance(each, list) and len(each) == 2)
    return tuple(DueMail(str(session_id), str(mail_id)) for session_id, mail_id in pairs)


def _parsed[T: (dict[Any, Any], list[Any])](row: Row | None, cell: str, kind: type[T]) -> T:
    try:
        found = json.loads(row.text(cell)) if row is not None else kind()
    except (ValueError, RecursionError):
        return kind()
    return found if isinstance(found, kind) else kind()
