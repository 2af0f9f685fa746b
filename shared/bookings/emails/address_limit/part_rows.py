"""Rows of emails that are sent as part of another one.

An email joins by a change of its own row, on condition that the row is as it was read. Its row then names the operation
of the other email, for as long as an attempt at that one may last, and the index finds it by that operation. If nothing
was marked after that, whoever claims the email asks the email service about the other one first.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.bookings.model.email_ids import DueMail
from shared.mail.delivery import TAKEN_OVER_AFTER, Outcome, Postponed
from shared.mail.ledger import MailLedger
from shared.mail.log_rows import OWN, outcome_cells, read_entry
from shared.tables.table import Row, RowConflictError, moment_text


@dataclass(frozen=True, slots=True)
class PartRows:
    """The rows in the email log and its index. Every method raises `StorageError`."""

    ledger: MailLedger

    def join(self, mail: DueMail, own: UUID, operation: UUID, version: int, now: datetime) -> bool:
        """Lets an email that waits join the one with this operation; False if it has gone, or goes, another way.

        `own` is its own operation, `version` that of the session that it describes.
        """
        row = self.ledger.log.get(mail.session_id, mail.mail_id)
        if row is None or not _may_join(row, operation):
            return False
        keys = {"PartitionKey": str(operation), "RowKey": str(own)}
        with suppress(RowConflictError):  # an earlier attempt has done so
            index = {"Session": mail.session_id, "Mail": mail.mail_id, "At": moment_text(now), "Version": version}
            self.ledger.index.insert(keys | index)
        cells = {"SentWith": str(operation), "Version": version, "NotBefore": moment_text(now + TAKEN_OVER_AFTER)}
        return self._merge(row, cells) or self._has_joined(mail, operation)

    def leave(self, mail: DueMail, operation: UUID) -> None:
        """Lets an email go that an earlier attempt had let join, and that is no part of the next one."""
        row = self.ledger.log.get(mail.session_id, mail.mail_id)
        if row is not None and _is_part(row, operation):
            self._merge(row, {"SentWith": ""})

    def joined(self, operation: UUID) -> list[DueMail]:
        """Those that an attempt at the email with this operation has let join, whether they are still part of it."""
        rows = self.ledger.index.query(PartitionKey=str(operation))
        return [DueMail(row.text("Session"), row.text("Mail")) for row in rows if row.key != OWN]

    def follow(self, operation: UUID, outcome: Outcome, now: datetime) -> None:
        """Marks what was sent as part of the email with this operation as that one is."""
        if isinstance(outcome, Postponed):
            return  # they join again, or are sent by themselves
        for mail in self.joined(operation):
            row = self.ledger.log.get(mail.session_id, mail.mail_id)
            if row is not None and _is_part(row, operation):
                self._merge(row, outcome_cells(outcome, now))

    def carrier(self, mail: DueMail) -> UUID | None:
        """The operation of the email that this one was sent as part of; None if it was sent by itself."""
        row = self.ledger.log.get(mail.session_id, mail.mail_id)
        return UUID(row.text("SentWith")) if row is not None and row.text("SentWith") else None

    def _has_joined(self, mail: DueMail, operation: UUID) -> bool:
        """True if the row says so: the SDK's retry may have met its own first attempt."""
        row = self.ledger.log.get(mail.session_id, mail.mail_id)
        return row is not None and _is_part(row, operation)

    def _merge(self, row: Row, cells: Mapping[str, Any]) -> bool:
        try:
            self.ledger.log.merge({**cells, "PartitionKey": row.partition, "RowKey": row.key}, row.etag)
        except RowConflictError:
            return False
        return True


def _may_join(row: Row, operation: UUID) -> bool:
    """True if the email waits, nobody has claimed it by itself, and it is no part of another one."""
    return read_entry(row).waits and row.text("SentWith") in {"", str(operation)}


def _is_part(row: Row, operation: UUID) -> bool:
    return read_entry(row).waits and row.text("SentWith") == str(operation)
