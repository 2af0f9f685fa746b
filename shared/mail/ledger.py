"""The table `MailLog`: one row for each mail that was owed to somebody. Inserting the row is the claim to send it."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import uuid4

from shared.mail.delivery import LEASE, Claim, Outcome, Postponed, Refused, Sent
from shared.rows import Row, RowConflictError, StorageUnavailableError, Table, moment_text

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


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
    """One mail's row. `not_before`: when the claim on it ends, or the mail service wants to be left alone until.

    `version` is the version of what the mail is about that it told, 0 where there are none.
    """

    mail_id: str
    state: MailState
    at: datetime
    not_before: datetime
    attempts: int
    etag: str
    version: int = 0

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

    def claim(self, partition: str, mail_id: str, wanted: Claim, now: datetime) -> Claim | None:
        """Takes the mail on as `wanted`; None where it was sent, given up, or somebody else has it."""
        about = {"OperationId": str(wanted.operation_id), "Version": wanted.version}
        cells = _claimed(partition, mail_id, wanted.attempts, now) | about
        try:
            etag = self.log.insert(cells)
        except (RowConflictError, StorageUnavailableError):
            # Somebody has it - or we do, and the answer was lost: then it says that we claimed it.
            return self._look_again(partition, mail_id, wanted, now, cells["ClaimedBy"])
        self._remember(partition, mail_id, wanted, now)
        return replace(wanted, etag=etag)

    def mark(self, partition: str, mail_id: str, claim: Claim, outcome: Outcome, now: datetime) -> None:
        """Writes down what became of a claimed mail. Nothing happens where somebody took the claim over since."""
        cells = {"PartitionKey": partition, "RowKey": mail_id} | _outcome_cells(outcome, now)
        if outcome == Sent():
            cells["Version"] = claim.version
        try:
            self.log.merge(cells, claim.etag)
        except RowConflictError:
            return

    def skip(self, partition: str, mail_ids: Sequence[str], now: datetime) -> None:
        """Writes down that mails will not be sent any more, for people to see; one that was named meanwhile stays."""
        for mail_id in mail_ids:
            cells = {"PartitionKey": partition, "RowKey": mail_id, "State": str(MailState.SKIPPED)}
            with suppress(RowConflictError):
                self.log.insert(cells | {"At": moment_text(now), "Attempts": 0})

    def hold(self, partition: str, mail_id: str, code: str, *, until: datetime, now: datetime) -> None:
        """Leaves a mail alone until then, because handling it failed for a reason that nobody foresaw."""
        cells = {"PartitionKey": partition, "RowKey": mail_id, "NotBefore": moment_text(until), "LastError": code}
        row = self.log.get(partition, mail_id)
        if row is None:
            self.log.insert(cells | {"State": str(MailState.SENDING), "At": moment_text(now), "Attempts": 0})
        elif _entry(row).state is MailState.SENDING:
            self.log.merge(cells, row.etag)

    def _look_again(self, partition: str, mail_id: str, wanted: Claim, now: datetime, claimant: str) -> Claim | None:
        row = self.log.get(partition, mail_id)
        if row is None:
            return None
        if row.text("ClaimedBy") == claimant:
            self._remember(partition, mail_id, wanted, now)
            return replace(wanted, etag=row.etag)
        return self._take_over(row, wanted, now) if _entry(row).is_open(now) else None

    def _take_over(self, row: Row, wanted: Claim, now: datetime) -> Claim | None:
        attempts = _entry(row).attempts + 1
        try:
            etag = self.log.merge(_claimed(row.partition, row.key, attempts, now), row.etag)
        except RowConflictError:
            return None
        self._remember(row.partition, row.key, wanted, now)
        return replace(wanted, attempts=attempts, taken_over=True, etag=etag)

    def _remember(self, partition: str, mail_id: str, claim: Claim, now: datetime) -> None:
        # Before the mail is sent: a delivery report can come sooner than the next line of ours.
        keys = {"PartitionKey": str(claim.operation_id), "RowKey": "mail"}
        with suppress(RowConflictError):  # the SDK's second try met its first
            self.index.insert(keys | {"Session": partition, "Mail": mail_id, "At": moment_text(now)})


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
        attempts=row.whole("Attempts") or 0,
        etag=row.etag,
        version=row.whole("Version") or 0,
    )
