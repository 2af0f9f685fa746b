"""Restores the tables of the bookings' account: the service's notes, the email log, sessions, bookings, numbers.

In this order the running service gives no place away and emails no one anew meanwhile: with the log back and the
bookings still missing it takes a session's roster for lost, and waits.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from local.restore.account import Account
from local.restore.missing_rows import Cells, Keys, deleted_later, insert_each, key_of, known_by_index
from local.restore.report import LeftOut, Report
from local.restore.rosters import RosterRestoration
from shared.backups.copies import Copy
from shared.backups.deletion_notes import DeletionNotes
from shared.bookings.model.allocation_policy import AllocationPolicy
from shared.bookings.model.email_ids import MailId, MailKind
from shared.bookings.retention.retention_rules import are_over, is_older
from shared.bookings.tables.session_rows import one_row_each, read_session_row
from shared.mail.log_rows import MailLogEntry, read_entry
from shared.reminder_offsets import parse_offsets
from shared.tables.table import Row

type _Sessions = dict[str, list[Row]]
type _Log = dict[str, dict[str, MailLogEntry]]


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingRestoration:
    """One restoration at `now` (UTC).

    `later` are the complete copies after the one that is restored: what they have no more may have been deleted by
    hand. `undeleted` are sessions of which such rows are put back all the same. With `write` False nothing is written.
    """

    account: Account
    copy: Copy
    later: Sequence[Copy]
    now: datetime
    write: bool
    undeleted: frozenset[str] = frozenset()
    report: Report = field(default_factory=Report)

    def run(self) -> Report:
        """Puts back what is missing.

        Raises:
            CopyError: a copy is not as it was written.
            StorageError: it is not known what was written; run it again.
        """
        # Before anything is written: from then on the service may take what is still missing for deleted.
        noted = DeletionNotes(self.account.blobs).since(self.copy.day)
        self._put_back("Service", self.copy.rows("Service"), _keys(self.account.tables("Service").query()))
        sessions = self._every_session()
        log, is_complete = self._restore_log(sessions)
        self._restore_sessions(sessions, log)
        rosters = RosterRestoration(
            account=self.account,
            copies=(self.copy, *self.later),
            noted=noted,
            policy=AllocationPolicy(cutoff=timedelta(hours=int(self._setting("WAITING_LIST_ENDS_HOURS")))),
            log_is_complete=is_complete,
            undeleted=self.undeleted,
            now=self.now,
            write=self.write,
            report=self.report,
        )
        reminders = parse_offsets(self._setting("REMINDERS"))
        booked = self._kept("Bookings", self.copy.rows("Bookings"), "BookedAt", sessions)
        for session_id in sorted({cells["PartitionKey"] for cells in booked}):
            rows = (read_session_row(row, reminders) for row in sessions.get(session_id, []))
            found = one_row_each(rows, lambda _: None)
            of_session = [cells for cells in booked if cells["PartitionKey"] == session_id]
            rosters.restore(session_id, found[0].session if found else None, of_session, log.get(session_id, {}))
        self._put_back("Numbers", self.copy.rows("Numbers"), _keys(self.account.tables("Numbers").query()))
        return self.report

    def _setting(self, name: str) -> str:
        """A setting that the copy was made under."""
        return self.copy.manifest.settings[name]

    def _every_session(self) -> _Sessions:
        """The rows of every session by its id, those of the copy among them that are missing."""
        there = self.account.tables("Sessions").query()
        missing = [Row(each, "") for each in self.copy.rows("Sessions") if key_of(each) not in _keys(there)]
        found: _Sessions = {}
        for row in [*there, *missing]:
            found.setdefault(row.key, []).append(row)
        return found

    def _restore_log(self, sessions: _Sessions) -> tuple[_Log, bool]:
        """Returns the log as it is then, by session, and True if nothing of the copy was missing in it."""
        there = self.account.tables("MailLog").query()
        copied = self._kept("MailLog", self.copy.rows("MailLog"), "At", sessions)
        is_complete = {key_of(cells) for cells in copied} <= _keys(there)
        if not is_complete:
            known = _keys(there) | {key_of(cells) for cells in copied}
            indexed = list(known_by_index(self.account.tables("MailIndex").query(), known))
            copied += self._kept("MailLog", indexed, "At", sessions)
        missing = self._put_back("MailLog", copied, _keys(there))
        log: _Log = {}
        for row in [*there, *(Row(cells, "") for cells in missing)]:
            log.setdefault(row.partition, {})[row.key] = read_entry(row)
        return log, is_complete

    def _restore_sessions(self, sessions: _Sessions, log: _Log) -> None:
        copied = self.copy.rows("Sessions")
        there = {_key(row) for rows in sessions.values() for row in rows if row.etag}
        deleted = deleted_later({key_of(cells) for cells in copied}, (each.rows("Sessions") for each in self.later))
        wanted = []
        for cells in copied:
            session_id, is_there = cells["RowKey"], key_of(cells) in there
            is_deleted = key_of(cells) in deleted and session_id not in self.undeleted
            if is_there or not (is_deleted or _is_called_off(log.get(session_id, {}))):
                wanted.append(cells)
                continue
            self.report.left["Sessions", LeftOut.DELETED if is_deleted else LeftOut.CANCELLED, session_id] += 1
            sessions[session_id] = [row for row in sessions[session_id] if _key(row) != key_of(cells)]
        self._put_back("Sessions", wanted, there)

    def _kept(self, table: str, rows: Iterable[Cells], cell: str, sessions: _Sessions) -> list[Cells]:
        """The rows without those that retention has passed."""
        found, kept = [], timedelta(days=int(self._setting("BOOKINGS_KEPT_DAYS")))
        for cells in rows:
            partition = cells["PartitionKey"]
            known = sessions.get(partition)
            is_over = are_over(known, kept, self.now) if known else is_older(Row(cells, ""), cell, kept, self.now)
            if is_over:
                self.report.left[table, LeftOut.EXPIRED, partition] += 1
            else:
                found.append(cells)
        return found

    def _put_back(self, table: str, rows: Sequence[Cells], there: Keys) -> list[Cells]:
        missing = [cells for cells in rows if key_of(cells) not in there]
        self.report.there[table] += len(rows) - len(missing)
        self.report.back[table] += len(missing)
        if self.write:
            insert_each(self.account.tables(table), missing)
        return missing


def _key(row: Row) -> tuple[str, str]:
    return row.partition, row.key


def _keys(rows: Iterable[Row]) -> Keys:
    return {_key(row) for row in rows}


def _is_called_off(log: Mapping[str, MailLogEntry]) -> bool:
    """True if the last change that people were told of is that the session is cancelled."""
    changes = {MailKind.UPDATED, MailKind.SESSION_CANCELLED}
    mails = [mail for mail in map(MailId.parse, log) if mail and mail.kind in changes and mail.about.isdecimal()]
    latest = max(mails, key=lambda mail: int(mail.about), default=None)
    return latest is not None and latest.kind is MailKind.SESSION_CANCELLED
