"""Restores the bookings of one session after another: all rows of a session in one transaction, with its guard."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import batched

from local.restore.account import Account
from local.restore.missing_rows import Cells, asked_first
from local.restore.report import LeftOut, Report
from local.restore.roster_plan import RosterPlan, plan_roster, unsure_emails
from shared.backups.copies import Copy
from shared.backups.deletion_notes import NotedRows
from shared.bookings.model.allocation_policy import AllocationPolicy
from shared.bookings.model.attendee import Roster
from shared.bookings.model.email_ids import MailId
from shared.bookings.model.session import Session
from shared.bookings.tables.attendee_rows import read_attendee
from shared.bookings.tables.repository import GUARD
from shared.mail.log_rows import MailLogEntry
from shared.tables.table import MAX_WRITES, Row, RowConflictError, Write, moment_text

_TRIES = 5

type _Log = Mapping[str, MailLogEntry]


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterRestoration:
    """Puts back bookings at `now` (UTC).

    `copies` are the one that is restored, and later ones. `noted` are the rows that were noted as deleted by hand.
    Without a complete log it is not known which emails went: the service asks the email service before it sends them.
    """

    account: Account
    copies: Sequence[Copy]
    noted: NotedRows
    policy: AllocationPolicy
    log_is_complete: bool
    undeleted: frozenset[str]
    now: datetime
    write: bool
    report: Report
    _copied: list[Mapping[str, Mapping[str, Row]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for copy in self.copies:
            found = defaultdict[str, dict[str, Row]](dict)
            for cells in copy.rows("Bookings"):
                found[cells["PartitionKey"]][cells["RowKey"]] = Row(cells, "")
            self._copied.append(found)

    def restore(self, session_id: str, session: Session | None, copied: Sequence[Cells], log: _Log) -> None:
        """Puts back the bookings of one session; `copied` are those of the copy that are kept long enough.

        Raises:
            StorageError: it is not known if they were written; restore again.
        """
        for tried in range(1, _TRIES + 1):
            there = {row.key: row for row in self.account.tables("Bookings").query(PartitionKey=session_id)}
            missing = [cells for cells in copied if cells["RowKey"] not in there and cells["RowKey"] != GUARD]
            if session is None:
                self.report.left["Bookings", LeftOut.NO_SESSION, session_id] += len(missing)
                return
            deleted = self._deleted(session_id, there, missing)
            plan = plan_roster(session, missing, _roster(there), log, deleted)
            unsure = [] if self.log_is_complete else unsure_emails(session, plan, log, self.policy, self.now)
            try:
                self._write(session_id, plan, unsure)
            except RowConflictError:  # someone booked or cancelled meanwhile
                if tried == _TRIES:
                    raise
                continue
            self._count(session_id, plan, len(there.keys() - {GUARD}), len(unsure))
            return

    def _deleted(self, session_id: str, there: Mapping[str, Row], missing: Sequence[Cells]) -> frozenset[str]:
        """Row keys of bookings that someone deleted: with them gone, the guard of before was still there."""
        if session_id in self.undeleted:
            return frozenset()
        keys = {str(cells["RowKey"]) for cells in missing}
        copied, *later = (found.get(session_id, {}) for found in self._copied)
        found = {key for key in keys if self.noted.has(session_id, key)}
        for rows in (*later, there):
            if GUARD in rows and GUARD in copied and rows[GUARD].text("MadeAt") == copied[GUARD].text("MadeAt"):
                found |= keys - rows.keys()
        return frozenset(found)

    def _write(self, session_id: str, plan: RosterPlan, unsure: Sequence[MailId]) -> None:
        if not self.write:
            return
        for mail_id in unsure:
            with suppress(RowConflictError):
                self.account.tables("MailIndex").insert(asked_first(session_id, mail_id, self.copies[0].begun_at))
        table, guard = self.account.tables("Bookings"), plan.roster.guard
        keys = {"PartitionKey": session_id, "RowKey": GUARD, "TouchedAt": moment_text(self.now)}
        parts = [list(part) for part in batched(plan.back, MAX_WRITES - 1, strict=False)] or [[]]
        for number, part in enumerate(parts, start=1):
            writes = [Write("create", cells) for cells in part]
            if guard and part:
                guard = table.apply([Write("merge", keys, guard), *writes])[0]
            elif plan.makes_guard and number == len(parts):
                # With the last rows, and not before: a roster with a guard counts as whole.
                table.apply([Write("create", keys | {"MadeAt": moment_text(self.now)}), *writes])
            elif writes:
                table.apply(writes)
        for cells in plan.back:
            self.noted.forget(session_id, cells["RowKey"])

    def _count(self, session_id: str, plan: RosterPlan, there: int, unsure: int) -> None:
        self.report.back["Bookings"] += len(plan.back)
        self.report.there["Bookings"] += there
        for reason, number in plan.left.items():
            self.report.left["Bookings", reason, session_id] += number
        if unsure:
            self.report.asked[session_id] += unsure


def _roster(rows: Mapping[str, Row]) -> Roster:
    guard = rows[GUARD].etag if GUARD in rows else ""
    return Roster(tuple(read_attendee(row) for key, row in rows.items() if key != GUARD), guard)
