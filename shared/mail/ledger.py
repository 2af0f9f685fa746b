"""The table `MailLog`: one row for each email that was due to someone. Inserting the row is the claim to send it."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.local_time import local_day
from shared.mail.delivery import LEASE, STALLED, Claim, Outcome, Sent
from shared.mail.log_rows import (
    OWN,
    MailLogEntry,
    MailState,
    claimed_cells,
    identity_cells,
    index_cells,
    outcome_cells,
    read_entry,
)
from shared.mail.message import MailNotAcceptedError
from shared.tables.table import Row, RowConflictError, StorageUnavailableError, Table, moment_text

_REPORT_TRIES = 3


@dataclass(frozen=True, slots=True)
class ReportedMail:
    """The email that a delivery report is about, by its row in the email log."""

    partition: str
    mail_id: str


@dataclass(frozen=True, slots=True)
class MailLedger:
    """The table `MailLog`, with `MailIndex` that finds a row by the operation id of a delivery report.

    An email that was sent as part of another one names that one's operation in `SentWith`, and has a row of its own in
    the index under that operation.
    """

    log: Table
    index: Table

    def entries(self, partition: str) -> dict[str, MailLogEntry]:
        """Returns every entry of one partition (a session, or a kind of notice) by email id."""
        return {row.key: read_entry(row) for row in self.log.query(PartitionKey=partition)}

    def claim(self, partition: str, mail_id: str, wanted: Claim, now: datetime) -> Claim | None:
        """Claims the email as `wanted`; None if it was sent or given up, or another claim on it stands."""
        cells = claimed_cells(partition, mail_id, wanted.attempts, now) | identity_cells(wanted)
        try:
            etag = self.log.insert(cells)
        except (RowConflictError, StorageUnavailableError):
            # Either another process has it, or this one does and the answer was lost: then the row names this claim.
            return self._claim_after_conflict(partition, mail_id, wanted, now, cells["ClaimedBy"])
        claim = replace(wanted, etag=etag, claimant=cells["ClaimedBy"], noted=wanted.version_to_note)
        return self._indexed(partition, mail_id, replace(claim, lease_ends=now + LEASE), now)

    def note_version(self, partition: str, mail_id: str, claim: Claim) -> Claim:
        """Notes the version that is about to be sent, where the row names another; returns the claim as it is then.

        It is known by now that no earlier attempt went out: if this one does and is not marked, it is found by its row.

        Raises:
            MailNotAcceptedError: another process has the email, or a delivery report came meanwhile: nothing is sent.
            StorageUnavailableError: nothing is sent.
        """
        if claim.noted == claim.version:
            return claim
        cells = {"PartitionKey": partition, "RowKey": mail_id, "Version": claim.version}
        try:
            return replace(claim, etag=self.log.merge(cells, claim.etag), noted=claim.version)
        except RowConflictError as error:
            raise MailNotAcceptedError(STALLED) from error

    def _indexed(self, partition: str, mail_id: str, claim: Claim, now: datetime) -> Claim | None:
        """The claim on a row that was just inserted, once the index knows it; None if another process has it by now.

        Where it did before, the row in the log was lost. The email may have gone, by itself or as part of another: the
        email service is asked first, and the row says from when on and as part of what.
        """
        if self._index_claim(partition, mail_id, claim, now):
            return claim
        own, carrier = self.index.get(str(claim.operation_id), OWN), self._carrier(claim.operation_id)
        lost = replace(claim, taken_over=True, unclear_on=_day(own), earlier=(carrier,) if carrier else ())
        described = own.integer("Version") if own is not None else None
        lost = lost if described is None else replace(lost, version_if_gone=described)
        lost = replace(lost, noted=lost.version_to_note)
        cells = {"PartitionKey": partition, "RowKey": mail_id, "Version": lost.noted, "UnclearOn": lost.unclear_on}
        with suppress(RowConflictError):
            etag = self.log.merge(cells | ({"SentWith": str(carrier)} if carrier else {}), claim.etag)
            return replace(lost, etag=etag)
        return None

    def _carrier(self, operation_id: UUID) -> UUID | None:
        """The other email that this one was last to be part of, by the index: before any other, it had not gone."""
        rows = [row for row in self.index.query(RowKey=str(operation_id)) if row.key != OWN]
        return UUID(max(rows, key=lambda row: row.text("At")).partition) if rows else None

    def mark(self, partition: str, mail_id: str, claim: Claim, outcome: Outcome, now: datetime) -> None:
        """Records the outcome of a claimed email. Does nothing if another process has taken the claim over since."""
        cells = {"PartitionKey": partition, "RowKey": mail_id} | outcome_cells(outcome, now)
        if outcome == Sent():
            cells |= {"Version": claim.version} | ({"SentWith": ""} if claim.earlier else {})
        try:
            self.log.merge(cells, claim.etag)
        except RowConflictError:
            self._mark_after_conflict(cells, claim)

    def record_report(self, operation_id: UUID, state: MailState | None, now: datetime) -> ReportedMail | None:
        """Records a delivery report and returns the email that it is about; None if the index knows no such email.

        Reports may come before the email is marked as sent, twice and in any order. Without `state` the email is only
        looked up. What was sent as part of it is reported on as well.

        Raises:
            StorageError: it is not known whether the report was written; record it again.
        """
        found = self.index.query(PartitionKey=str(operation_id))
        own = next((row for row in found if row.key == OWN), None)
        if own is None:
            return None
        if state is not None:
            for each in found:
                self._record_state(each, state, now)
        return ReportedMail(own.text("Session"), own.text("Mail"))

    def skip(self, partition: str, mail_ids: Sequence[str], now: datetime) -> None:
        """Records, for people to see, that emails will not be sent; one that has a row by now keeps it."""
        for mail_id in mail_ids:
            cells = {"PartitionKey": partition, "RowKey": mail_id, "State": str(MailState.SKIPPED)}
            with suppress(RowConflictError):
                self.log.insert(cells | {"At": moment_text(now), "Attempts": 0})

    def forget_skipped(self, partition: str, skipped: Sequence[MailLogEntry]) -> None:
        """Deletes the records of emails that will be sent after all; one that has changed since stays."""
        for entry in skipped:
            with suppress(RowConflictError):
                self.log.delete(partition, entry.mail_id, entry.etag)

    def defer(self, partition: str, mail_id: str, code: str, *, until: datetime, now: datetime) -> None:
        """Postpones an email until then (UTC), because handling it failed unexpectedly; `code` names the reason."""
        cells = {"PartitionKey": partition, "RowKey": mail_id, "NotBefore": moment_text(until), "LastError": code}
        row = self.log.get(partition, mail_id)
        if row is None:
            self.log.insert(cells | {"State": str(MailState.SENDING), "At": moment_text(now), "Attempts": 0})
        elif read_entry(row).state is MailState.SENDING:
            self.log.merge(cells, row.etag)

    def _record_state(self, indexed: Row, state: MailState, now: datetime) -> None:
        for _ in range(_REPORT_TRIES):
            row = self.log.get(indexed.text("Session"), indexed.text("Mail"))
            is_part = indexed.key == OWN or (row is not None and row.text("SentWith") == indexed.partition)
            if row is None or not is_part or not read_entry(row).becomes(state):
                return
            # `At` stays: the sending quota counts by it, and it tells emails of a person's earlier booking apart.
            cells = {"PartitionKey": row.partition, "RowKey": row.key, "State": str(state)}
            cells |= {"LastError": ""} if read_entry(row).may_have_gone else {}
            with suppress(RowConflictError):
                self.log.merge(cells | {"ReportedAt": moment_text(now)}, row.etag)
                return
        raise RowConflictError("the email log row kept changing")

    def _mark_after_conflict(self, cells: dict[str, Any], claim: Claim) -> None:
        """Marks a row that changed since the claim: a report of this attempt stands, and so does a newer claim."""
        row = self.log.get(cells["PartitionKey"], cells["RowKey"])
        if row is None or row.text("ClaimedBy") != claim.claimant:
            return
        unreported = ("PartitionKey", "RowKey", "Version")  # what no delivery report writes
        reported = read_entry(row).state is not MailState.SENDING
        with suppress(RowConflictError):
            self.log.merge({name: cells[name] for name in unreported if name in cells} if reported else cells, row.etag)

    def _claim_after_conflict(
        self, partition: str, mail_id: str, wanted: Claim, now: datetime, claimant: str
    ) -> Claim | None:
        found = self.log.query(PartitionKey=partition, RowKey=mail_id)  # unlike `get` it says when the row was read
        if not found:
            return None
        [row] = found
        if row.text("ClaimedBy") == claimant:
            claim = replace(wanted, etag=row.etag, claimant=claimant, noted=wanted.version_to_note)
            return self._indexed(partition, mail_id, replace(claim, lease_ends=now + LEASE), now)
        return self._take_over(row, wanted, now) if read_entry(row).may_be_claimed(now) else None

    def _take_over(self, row: Row, wanted: Claim, now: datetime) -> Claim | None:
        known = read_entry(row)
        attempts = known.attempts + 1
        cells, noted = claimed_cells(row.partition, row.key, attempts, now, known.unclear_on), known.version
        if not row.text("OperationId"):  # only deferred so far; an earlier attempt may have described another version
            cells, noted = cells | identity_cells(wanted), wanted.version_to_note
        try:
            etag = self.log.merge(cells, row.etag)
        except RowConflictError:
            return None
        self._index_claim(row.partition, row.key, wanted, now)
        taken_over = replace(wanted, attempts=attempts, taken_over=True, etag=etag, claimant=cells["ClaimedBy"])
        taken_over = replace(taken_over, lease_ends=now + LEASE, noted=noted)
        return replace(taken_over, unclear_on=known.unclear_on, earlier=_sent_with(row))

    def _index_claim(self, partition: str, mail_id: str, claim: Claim, now: datetime) -> bool:
        """Writes the row by which a delivery report finds the email; False if there is one already."""
        # Before the email is sent: a delivery report can arrive before the next line here runs.
        try:
            cells = index_cells(claim.operation_id, partition, mail_id, now)
            self.index.insert(cells | {"Version": claim.version_to_note})
        except RowConflictError:  # an earlier claim, or the SDK's retry met its own first attempt
            return False
        return True


def _day(indexed: Row | None) -> str:
    """The day in London on which the index first heard of an email; "" if its row does not say."""
    at = indexed.moment("At") if indexed is not None else None
    return local_day(at) if at is not None else ""


def _sent_with(row: Row) -> tuple[UUID, ...]:
    """The operation of the other email that this one was to be part of."""
    text = row.text("SentWith")
    try:
        return (UUID(text),) if text else ()
    except ValueError:  # typed by hand
        return ()
