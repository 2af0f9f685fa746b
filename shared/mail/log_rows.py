"""The rows of the email log: cells to entries, and back."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from shared.local_time import local_day
from shared.mail.delivery import TAKEN_OVER_AFTER, UNKNOWN_OUTCOME, Claim, Outcome, Postponed, Refused
from shared.tables.table import Row, moment_text

ADDRESS_LIMIT = "address-limit"
"""The code of an email that waits because its address had as many as it may have. Nobody has claimed it."""

OWN = "mail"
"""The key of the row in the index that is about the email itself, and not about what was sent as part of it."""

UNKNOWN_VERSION = -1
"""The version of an email that went before, where nothing says which one it described."""

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class MailState(StrEnum):
    """The state of one email. Only `sending` is not final."""

    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    FAILED = "failed"
    SKIPPED = "skipped"


UNDELIVERED = frozenset({MailState.BOUNCED, MailState.FAILED})
"""The email did not arrive and is not tried again."""

_BY_SEVERITY = (
    MailState.SENDING,
    MailState.SKIPPED,
    MailState.SENT,
    MailState.DELIVERED,
    MailState.FAILED,
    MailState.BOUNCED,
)


@dataclass(frozen=True, slots=True)
class MailLogEntry:
    """One email's row. `not_before` (UTC): the end of the claim on it, or of the wait before the next attempt.

    `version` is the version of its subject that the email described; 0 if the subject has no versions, and
    `UNKNOWN_VERSION` if it went before and nobody knows which. `reported_at` is
    the moment (UTC) of the delivery report that stands; `unclear_on` the day since which an attempt may have gone out.
    `waits`: its address had as many emails as it may have, and nobody has claimed this one. `sent_with` is the
    operation id of another email that it is, or was to be, part of. `may_have_gone`: it is given up without anyone
    knowing whether it was sent. `has_waited`: by storage's own clock the claim or wait is over, whatever the clock of
    the process that wrote it.
    """

    mail_id: str
    state: MailState
    at: datetime
    not_before: datetime
    attempts: int
    etag: str
    version: int = 0
    reported_at: datetime | None = None
    unclear_on: str = ""
    waits: bool = False
    sent_with: str = ""
    may_have_gone: bool = False
    has_waited: bool = False

    def is_open(self, now: datetime) -> bool:
        """True if it may be claimed (again) at `now`."""
        return self.state is MailState.SENDING and (now >= self.not_before or self.has_waited)

    def may_be_claimed(self, now: datetime) -> bool:
        """True if it is open, or waits and is no part of another email: then nobody is sending it."""
        return self.is_open(now) or (self.waits and not self.sent_with)

    def becomes(self, reported: MailState) -> bool:
        """True if a report changes the state: in whatever order reports come, the worst of them stands.

        Of an email that was given up, any report says more than that nobody knows whether it was sent.
        """
        return self.may_have_gone or _BY_SEVERITY.index(reported) > _BY_SEVERITY.index(self.state)


def claimed_cells(partition: str, mail_id: str, attempts: int, now: datetime, unclear_on: str = "") -> dict[str, Any]:
    """Cells of a claim that stands until it may be taken over; `ClaimedBy` is unique to each claim.

    From now on it may go out; `unclear_on` is the day since which an earlier attempt may have.
    """
    return {
        "PartitionKey": partition,
        "RowKey": mail_id,
        "State": str(MailState.SENDING),
        "At": moment_text(now),
        "NotBefore": moment_text(now + TAKEN_OVER_AFTER),
        "Attempts": attempts,
        "ClaimedBy": uuid4().hex,
        "UnclearOn": unclear_on or local_day(now),
    }


def identity_cells(wanted: Claim) -> dict[str, Any]:
    """Cells that identify the email to the email service, and what it describes: a version, or its members."""
    cells = {"OperationId": str(wanted.operation_id), "Version": wanted.version_to_note}
    return cells | {"Members": wanted.members} if wanted.members else cells


def index_cells(operation_id: UUID, partition: str, mail_id: str, now: datetime) -> dict[str, Any]:
    """Cells of the index row by which a delivery report finds an email."""
    keys = {"PartitionKey": str(operation_id), "RowKey": OWN}
    return keys | {"Session": partition, "Mail": mail_id, "At": moment_text(now)}


def outcome_cells(outcome: Outcome, now: datetime) -> dict[str, Any]:
    """Cells that record the outcome of an attempt."""
    if isinstance(outcome, Postponed):
        # One that waits was not part of another email either: the email service was asked before.
        released = {"ClaimedBy": "", "SentWith": ""} if outcome.code == ADDRESS_LIMIT else {}
        cells = {"NotBefore": moment_text(now + outcome.wait), "LastError": outcome.code}
        return cells | {"UnclearOn": outcome.unclear_on} | released
    state = MailState.FAILED if isinstance(outcome, Refused) else MailState.SENT
    return {
        "State": str(state),
        "At": moment_text(now),
        "LastError": outcome.code if isinstance(outcome, Refused) else "",
        "UnclearOn": "",
    }


def read_entry(row: Row) -> MailLogEntry:
    """Reads a row. An unknown state, typed by hand, counts as failed so that a person looks at it."""
    state = MailState(row.text("State")) if row.text("State") in MailState else MailState.FAILED
    is_limited = state is MailState.SENDING and row.text("LastError") == ADDRESS_LIMIT
    return MailLogEntry(
        mail_id=row.key,
        state=state,
        at=row.moment("At") or _LONG_AGO,
        not_before=row.moment("NotBefore") or _LONG_AGO,
        attempts=row.integer("Attempts") or 0,
        etag=row.etag,
        version=row.integer("Version") or 0,
        reported_at=row.moment("ReportedAt"),
        unclear_on=row.text("UnclearOn"),
        waits=is_limited and not row.text("ClaimedBy"),
        sent_with=row.text("SentWith"),
        may_have_gone=state is MailState.FAILED and row.text("LastError") == UNKNOWN_OUTCOME,
        has_waited=_has_waited(row),
    )


def _has_waited(row: Row) -> bool:
    """True if the row was written as long ago as its claim or wait lasts; False where the row does not say."""
    at, not_before = row.moment("At"), row.moment("NotBefore")
    if at is None or not_before is None or row.read_at is None or row.written_at is None:
        return False
    return row.read_at - row.written_at >= not_before - at
