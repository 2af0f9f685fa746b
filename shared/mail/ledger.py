"""The table `MailLog`: one row for each mail that was owed to somebody. Inserting the row is the claim to send it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from shared.mail.delivery import LEASE, Claim, Outcome, Postponed, Refused
from shared.rows import Row, RowConflictError, StorageUnavailableError, Table, moment_text

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class MailState(StrEnum):
    """Where one mail stands. Only `sending` is not the end of its way."""

    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Entry:
    """One mail's row. `not_before`: when the claim on it ends, or the mail service wants to be left alone until."""

    mail_id: str
    state: MailState
    at: datetime
    not_before: datetime
    attempts: int
    etag: str

    def is_open(self, now: datetime) -> bool:
        """Whether somebody may claim it (again) at this moment."""
        return self.state is MailState.SENDING and now >= self.not_before


@dataclass(frozen=True, slots=True)
class MailLedger:
    """The tables `MailLog`, and `MailIndex` that finds a row by the operation id which delivery reports carry."""

    log: Table
    index: Table

    def entries(self, partition: str) -> dict[str, Entry]:
        """Every mail of one session by its id."""
        return {row.key: _entry(row) for row in self.log.query(PartitionKey=partition)}

    def claim(self, partition: str, mail_id: str, operation_id: UUID, now: datetime) -> Claim | None:
        """Takes the mail on; None where it was sent, given up, or somebody else has it."""
        cells = _claimed(partition, mail_id, 1, now) | {"OperationId": str(operation_id)}
        try:
            etag = self.log.insert(cells)
        except (RowConflictError, StorageUnavailableError):
            # Somebody has it - or we do, and the answer was lost: then it says that we claimed it.
            return self._look_again(partition, mail_id, operation_id, now, cells["ClaimedBy"])
        self._remember(partition, mail_id, operation_id)
        return Claim(operation_id, attempts=1, taken_over=False, etag=etag)

    def mark(self, partition: str, mail_id: str, claim: Claim, outcome: Outcome, now: datetime) -> None:
        """Writes down what became of a claimed mail. Nothing happens where somebody took the claim over since."""
        cells = {"PartitionKey": partition, "RowKey": mail_id} | _outcome_cells(outcome, now)
        try:
            self.log.merge(cells, claim.etag)
        except RowConflictError:
            return

    def hold(self, partition: str, mail_id: str, until: datetime, code: str) -> None:
        """Leaves a mail alone until then, because handling it failed for a reason that nobody foresaw."""
        row = self.log.get(partition, mail_id)
        if row is not None and _entry(row).state is MailState.SENDING:
            cells = {"PartitionKey": partition, "RowKey": mail_id, "NotBefore": moment_text(until), "LastError": code}
            self.log.merge(cells, row.etag)

    def _look_again(
        self, partition: str, mail_id: str, operation_id: UUID, now: datetime, claimant: str
    ) -> Claim | None:
        row = self.log.get(partition, mail_id)
        if row is None:
            return None
        if row.text("ClaimedBy") == claimant:
            self._remember(partition, mail_id, operation_id)
            return Claim(operation_id, attempts=1, taken_over=False, etag=row.etag)
        return self._take_over(row, operation_id, now) if _entry(row).is_open(now) else None

    def _take_over(self, row: Row, operation_id: UUID, now: datetime) -> Claim | None:
        attempts = _entry(row).attempts + 1
        try:
            etag = self.log.merge(_claimed(row.partition, row.key, attempts, now), row.etag)
        except RowConflictError:
            return None
        self._remember(row.partition, row.key, operation_id)
        return Claim(operation_id, attempts=attempts, taken_over=True, etag=etag)

    def _remember(self, partition: str, mail_id: str, operation_id: UUID) -> None:
        # Before the mail is sent: a delivery report can come sooner than the next line of ours.
        try:
            self.index.insert(
                {"PartitionKey": str(operation_id), "RowKey": "mail", "Session": partition, "Mail": mail_id}
            )
        except RowConflictError:
            return  # the SDK's second try met its first


def _claimed(partition: str, mail_id: str, attempts: int, now: datetime) -> dict[str, Any]:
    return {
        "PartitionKey": partition,
        "RowKey": mail_id,
        "State": str(MailState.SENDING),
        "At": moment_text(now),
        "NotBefore": moment_text(now + LEASE),
        "Attempts": attempts,
        "ClaimedBy": uuid4().hex,
    }


def _outcome_cells(outcome: Outcome, now: datetime) -> dict[str, Any]:
    if isinstance(outcome, Postponed):
        return {"NotBefore": moment_text(now + outcome.wait), "LastError": outcome.code}
    state = MailState.FAILED if isinstance(outcome, Refused) else MailState.SENT
    return {
        "State": str(state),
        "At": moment_text(now),
        "LastError": outcome.code if isinstance(outcome, Refused) else "",
    }


def _entry(row: Row) -> Entry:
    return Entry(
        mail_id=row.key,
        state=MailState(row.text("State")) if row.text("State") in MailState else MailState.FAILED,
        at=row.moment("At") or _LONG_AGO,
        not_before=row.moment("NotBefore") or _LONG_AGO,
        attempts=row.whole("Attempts") or 1,
        etag=row.etag,
    )
