"""Rows of emails to the provider that are about several referrals: their members are fixed before anything is sent."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from shared.mail.log_rows import MailState, read_entry
from shared.referrals.model import Referral
from shared.tables.table import Row, RowConflictError, Table, moment_text

BATCHES = "batches"
"""The partition of the email log."""

MEMBERS = "Members"

_TRIES = 5


@dataclass(frozen=True, slots=True)
class Member:
    """One referral of an email, under the epoch in which it was named."""

    reference: str
    epoch: int

    def __str__(self) -> str:
        return f"{self.reference}/{self.epoch}"


@dataclass(frozen=True, slots=True)
class Batch:
    """One email with links to several referrals. `code` is the reason of a state that is no success."""

    id: str
    members: tuple[Member, ...]
    state: MailState
    code: str = ""

    @property
    def operation_id(self) -> UUID:
        return batch_operation_id(self.id)


def batch_operation_id(batch_id: str) -> UUID:
    """The id under which the email service knows the email."""
    return uuid5(NAMESPACE_URL, f"referral-batch:{batch_id}")


@dataclass(frozen=True, slots=True)
class BatchLog:
    """The partition `batches` of the table `ReferralService`. Every method raises `StorageError`."""

    table: Table

    def insert(self, referrals: Sequence[Referral], now: datetime, batch_id: str = "") -> str:
        """Writes the row of a new batch, which no one has claimed yet, and returns its id."""
        batch_id = batch_id or f"batch-{uuid4().hex}"
        members = " ".join(str(Member(each.reference, each.epoch)) for each in referrals)
        keys = {"PartitionKey": BATCHES, "RowKey": batch_id, MEMBERS: members}
        cells = {"State": str(MailState.SENDING), "At": moment_text(now), "NotBefore": "", "Attempts": 0}
        self.table.insert(keys | cells)
        return batch_id

    def read(self, batch_id: str) -> Batch | None:
        row = self.table.get(BATCHES, batch_id)
        return None if row is None else Batch(batch_id, read_members(row), read_entry(row).state, row.text("LastError"))

    def named(self, partition: str, mail_id: str) -> tuple[Member, ...]:
        """The referrals that the row of a notice names; none if it is about one alone, or is gone."""
        row = self.table.get(partition, mail_id)
        return () if row is None else read_members(row)

    def record_report(self, batch_id: str, state: MailState | None, now: datetime) -> None:
        """Records the state of a delivery report; in whatever order reports come, the worst of them stands."""
        for _ in range(_TRIES):
            row = self.table.get(BATCHES, batch_id)
            if state is None or row is None or not read_entry(row).becomes(state):
                return
            cells = {"PartitionKey": BATCHES, "RowKey": batch_id, "State": str(state), "ReportedAt": moment_text(now)}
            with suppress(RowConflictError):
                self.table.merge(cells, row.etag)
                return
        raise RowConflictError("the row of a batch kept changing")


def read_members(row: Row) -> tuple[Member, ...]:
    """The members that a row names, each as its reference and epoch; what cannot be read is none."""
    parts = [text.split("/") for text in row.text(MEMBERS).split()]
    return tuple(Member(part[0], int(part[1])) for part in parts if len(part) > 1 and part[0] and part[1].isdecimal())
