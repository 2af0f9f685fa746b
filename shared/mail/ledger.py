"""The table `MailLog`: one row for each mail that was owed to somebody. Inserting the row is the claim to send it."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.mail.delivery import Claim, Outcome, Sent
from shared.mail.log_rows import MailLogEntry, MailState, about_cells, claimed_cells, outcome_cells, read_entry
from shared.tables.table import Row, RowConflictError, StorageUnavailableError, Table, moment_text

_REPORT_TRIES = 3


@dataclass(frozen=True, slots=True)
class ReportedMail:
    """The mail that a delivery report is about, by its row in the mail log."""

    partition: str
    mail_id: str


@dataclass(frozen=True, slots=True)
class MailLedger:
    """The tables `MailLog`, and `MailIndex` that finds a row by the operation id which delivery reports carry."""

    log: Table
    index: Table

    def entries(self, partition: str) -> dict[str, MailLogEntry]:
        """Every mail of one session by its id."""
        return {row.key: read_entry(row) for row in self.log.query(PartitionKey=partition)}

    def claim(self, partition: str, mail_id: str, wanted: Claim, now: datetime) -> Claim | None:
        """Takes the mail on as `wanted`; None where it was sent, given up, or somebody else has it."""
        cells = claimed_cells(partition, mail_id, wanted.attempts, now) | about_cells(wanted)
        try:
            etag = self.log.insert(cells)
        except (RowConflictError, StorageUnavailableError):
            # Somebody has it - or we do, and the answer was lost: then it says that we claimed it.
            return self._claim_after_conflict(partition, mail_id, wanted, now, cells["ClaimedBy"])
        self._index_claim(partition, mail_id, wanted, now)
        return replace(wanted, etag=etag, claimant=cells["ClaimedBy"])

    def mark(self, partition: str, mail_id: str, claim: Claim, outcome: Outcome, now: datetime) -> None:
        """Writes down what became of a claimed mail. Nothing happens where somebody took the claim over since."""
        cells = {"PartitionKey": partition, "RowKey": mail_id} | outcome_cells(outcome, now)
        if outcome == Sent():
            cells["Version"] = claim.version
        try:
            self.log.merge(cells, claim.etag)
        except RowConflictError:
            self._mark_after_conflict(cells, claim)

    def record_report(self, operation_id: UUID, state: MailState | None, now: datetime) -> ReportedMail | None:
        """Writes down what was reported of a mail, and says which mail that is; None where the index knows none.

        Before the mail is marked, twice, in any order: all of it is taken. Without `state` it is only looked up.

        Raises:
            StorageError: it is not known whether it was written; report it again.
        """
        found = self.index.get(str(operation_id), "mail")
        if found is None:
            return None
        mail = ReportedMail(found.text("Session"), found.text("Mail"))
        for _ in range(_REPORT_TRIES):
            row = self.log.get(mail.partition, mail.mail_id)
            if state is None or row is None or not read_entry(row).becomes(state):
                return mail
            # `At` stays what it was: the budget goes by it, and which mails are of an earlier row of somebody's.
            cells = {"PartitionKey": row.partition, "RowKey": row.key, "State": str(state)}
            with suppress(RowConflictError):
                self.log.merge(cells | {"ReportedAt": moment_text(now)}, row.etag)
                return mail
        raise RowConflictError("the mail log row kept changing")

    def skip(self, partition: str, mail_ids: Sequence[str], now: datetime) -> None:
        """Writes down that mails will not be sent any more, for people to see; one that was named meanwhile stays."""
        for mail_id in mail_ids:
            cells = {"PartitionKey": partition, "RowKey": mail_id, "State": str(MailState.SKIPPED)}
            with suppress(RowConflictError):
                self.log.insert(cells | {"At": moment_text(now), "Attempts": 0})

    def defer(self, partition: str, mail_id: str, code: str, *, until: datetime, now: datetime) -> None:
        """Leaves a mail alone until then, because handling it failed for a reason that nobody foresaw."""
        cells = {"PartitionKey": partition, "RowKey": mail_id, "NotBefore": moment_text(until), "LastError": code}
        row = self.log.get(partition, mail_id)
        if row is None:
            self.log.insert(cells | {"State": str(MailState.SENDING), "At": moment_text(now), "Attempts": 0})
        elif read_entry(row).state is MailState.SENDING:
            self.log.merge(cells, row.etag)

    def _mark_after_conflict(self, cells: dict[str, Any], claim: Claim) -> None:
        """Somebody wrote the row: a report of this very attempt stands, whoever took the claim over is left to it."""
        row = self.log.get(cells["PartitionKey"], cells["RowKey"])
        if row is None or row.text("ClaimedBy") != claim.claimant:
            return
        told = ("PartitionKey", "RowKey", "Version")
        reported = read_entry(row).state is not MailState.SENDING
        with suppress(RowConflictError):
            self.log.merge({name: cells[name] for name in told if name in cells} if reported else cells, row.etag)

    def _claim_after_conflict(
        self, partition: str, mail_id: str, wanted: Claim, now: datetime, claimant: str
    ) -> Claim | None:
        row = self.log.get(partition, mail_id)
        if row is None:
            return None
        if row.text("ClaimedBy") == claimant:
            self._index_claim(partition, mail_id, wanted, now)
            return replace(wanted, etag=row.etag, claimant=claimant)
        return self._take_over(row, wanted, now) if read_entry(row).is_open(now) else None

    def _take_over(self, row: Row, wanted: Claim, now: datetime) -> Claim | None:
        attempts = read_entry(row).attempts + 1
        cells = claimed_cells(row.partition, row.key, attempts, now)
        if not row.text("OperationId"):  # it was only held so far; an earlier attempt may have told another version
            cells |= about_cells(wanted)
        try:
            etag = self.log.merge(cells, row.etag)
        except RowConflictError:
            return None
        self._index_claim(row.partition, row.key, wanted, now)
        return replace(wanted, attempts=attempts, taken_over=True, etag=etag, claimant=cells["ClaimedBy"])

    def _index_claim(self, partition: str, mail_id: str, claim: Claim, now: datetime) -> None:
        # Before the mail is sent: a delivery report can come sooner than the next line of ours.
        keys = {"PartitionKey": str(claim.operation_id), "RowKey": "mail"}
        with suppress(RowConflictError):  # the SDK's second try met its first
            self.index.insert(keys | {"Session": partition, "Mail": mail_id, "At": moment_text(now)})
