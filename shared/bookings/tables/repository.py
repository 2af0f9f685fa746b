"""Sessions and rosters in Table Storage: which rows are read and which change together."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from shared.bookings.model.attendee import Attendee, Roster
from shared.bookings.model.session import Session
from shared.bookings.tables.announced_cell import announced_text, read_announced
from shared.bookings.tables.attendee_rows import (
    read_attendee,
    write_attendee,
    write_changes,
    write_details,
    write_repeat_request,
)
from shared.bookings.tables.cells.attended import ATTENDED
from shared.bookings.tables.past_sessions import long_over
from shared.bookings.tables.session_register import SessionRegister
from shared.bookings.tables.session_rows import WRITTEN_BY_PEOPLE, SessionRow, one_row_each, read_session_row
from shared.failure_isolation import run_isolated
from shared.reminder_offsets import Offset
from shared.tables.table import MAX_WRITES, Row, RowConflictError, Table, Without, Write, moment_text
from shared.wording.sentences import sentence

logger = logging.getLogger(__name__)

UNREADABLE_ROW = sentence("portal.session.unreadable")
GUARD = "guard"  # the row of each roster whose ETag orders everything that takes or frees a place
_KEYS = ("PartitionKey", "RowKey")

type RowStamps = Mapping[tuple[str, str], str]
"""ETags of rows by their keys."""


@dataclass(frozen=True, slots=True)
class BookingRepository:
    """The tables `Sessions` and `Bookings`. `reminders` are those of a session whose row names none.

    The `register` says what attendees were told where a row's cell `Announced` cannot be read. `marks_attendance`: a
    booking gets a column for whether the person came, because the form says so; one of before has none.
    """

    sessions_table: Table
    bookings_table: Table
    reminders: tuple[Offset, ...]
    register: SessionRegister
    marks_attendance: bool = False

    def session_row(self, session_id: str) -> SessionRow | None:
        """The row with this key, in whatever partition (of several the one that is the session); None where none is."""
        rows = [self._read(row) for row in self.sessions_table.query(RowKey=session_id)]
        found = one_row_each(rows, self._remembered)
        return found[0] if found else None

    def is_unchanged(self, row: SessionRow) -> bool:
        """True if nobody has written or deleted the row since it was read."""
        found = self.sessions_table.get(row.row.partition, row.id)
        return found is not None and found.etag == row.row.etag

    def session(self, session_id: str) -> Session | None:
        """The session as it stands for people; None where there is no row, or none that was ever understood."""
        row = self.session_row(session_id)
        return None if row is None else row.session

    def session_rows(self, unread: Without | None = None) -> list[SessionRow]:
        """Every row of the schedule, understood or not, but those to leave `unread`; several may have the same key."""
        table = self.sessions_table
        return [self._read(row) for row in (table.query_without(unread) if unread else table.query())]

    def session_rows_named(self, session_id: str) -> list[SessionRow]:
        """Every row with this key: an administrator may have written several, each in a partition of its own."""
        return [self._read(row) for row in self.sessions_table.query(RowKey=session_id)]

    def _remembered(self, session_id: str) -> Session | None:
        known = self.register.find(session_id)
        return None if known is None else read_announced(session_id, known.announced, self.reminders)

    def _read(self, row: Row) -> SessionRow:
        part = f"reading of session {row.key}"
        read = run_isolated(logger, part, lambda: read_session_row(row, self.reminders)).value
        found = read or SessionRow(row, None, (UNREADABLE_ROW,), None, None, announced_unreadable=True)
        return replace(found, known=self._remembered(row.key)) if found.announced_unreadable else found

    def listed_stamps(self, now: datetime) -> RowStamps:
        """The ETags of the rows that `listed_sessions` reads at `now` (UTC): they change with every edit."""
        return _stamps(self.sessions_table.query_without(long_over(now), _KEYS))

    def listed_sessions(self, now: datetime) -> tuple[RowStamps, tuple[Session, ...]]:
        """Every session that can be understood and is not long over, earliest first, and the ETags of all rows read."""
        rows = self.sessions_table.query_without(long_over(now), (*_KEYS, *WRITTEN_BY_PEOPLE, "Announced"))
        kept = one_row_each((self._read(row) for row in rows), self._remembered)
        found = [row.session for row in kept if row.session is not None]
        return _stamps(rows), tuple(sorted(found, key=lambda session: (session.starts, session.id)))

    def save_announcement(self, row: SessionRow, session: Session, **cells: Any) -> None:
        """Writes down what attendees are told from now on, if nobody has changed the row since it was read.

        Raises:
            RowConflictError: someone has.
        """
        self.update_session_row(row, {"Announced": announced_text(session), **cells})

    def update_session_row(self, row: SessionRow, cells: Mapping[str, Any]) -> None:
        """Sets cells of a session's row, if nobody has changed it since it was read. Raises RowConflictError."""
        keys = {"PartitionKey": row.row.partition, "RowKey": row.id}
        self.sessions_table.merge(keys | dict(cells), row.row.etag)

    def roster(self, session_id: str) -> Roster:
        rows = self.bookings_table.query(PartitionKey=session_id)
        guard = next((row.etag for row in rows if row.key == GUARD), "")
        return Roster(tuple(read_attendee(row) for row in rows if row.key != GUARD), guard)

    def session_ids(self) -> set[str]:
        """The ids of all sessions that have a row: the keys of the whole table."""
        return {row.key for row in self.sessions_table.query(["PartitionKey", "RowKey"])}

    def booked_session_ids(self) -> set[str]:
        """The ids of every session with a row in `Bookings`, whether it exists or not: the keys of the whole table."""
        return {row.partition for row in self.bookings_table.query(["PartitionKey", "RowKey"]) if row.key != GUARD}

    def name_problem(self, session_id: str, attendee: Attendee, problem: str) -> None:
        """Sets `Problem` of a booking and nothing else. Raises RowConflictError where it changed since it was read."""
        cells = {"PartitionKey": session_id, "RowKey": attendee.key, "Problem": problem}
        self.bookings_table.merge(cells, attendee.etag)

    def attendee(self, session_id: str, key: str) -> Attendee | None:
        row = self.bookings_table.get(session_id, key)
        return None if row is None else read_attendee(row)

    def save_with_place(
        self, session: Session, guard: str, attendee: Attendee, lost: Sequence[Attendee] = ()
    ) -> tuple[str, Attendee]:
        """Writes the attendee and touches the guard, both or neither; returns the guard's ETag and the attendee.

        An attendee with an `etag` replaces that row. `guard` is the ETag that the decision rests on. `lost` are those
        whose place the attendee gets, as they wait from now on, in the same transaction.

        Raises:
            RowConflictError: someone took or freed a place since, or the row is there already.
            StorageUnavailableError: it is not known whether it was written.
        """
        writes = [
            _touch(session.id, guard, attendee.booked_at),
            self._placed(session, attendee),
            *_merges(session.id, lost),
        ]
        guard_now, attendee_now, *_ = self.bookings_table.apply(writes)
        return guard_now, replace(attendee, etag=attendee_now)

    def save_waiting(self, session: Session, attendee: Attendee) -> None:
        """Writes someone who takes no place: nobody else's answer depends on it, so the guard is left alone.

        Raises:
            RowConflictError: the row is there already, or changed.
        """
        self.bookings_table.apply([self._placed(session, attendee)])

    def _placed(self, session: Session, attendee: Attendee) -> Write:
        cells = write_attendee(session, attendee) | ({ATTENDED: ""} if self.marks_attendance else {})
        return Write("replace", cells, attendee.etag) if attendee.etag else Write("create", cells)

    def update_places(self, session_id: str, guard: str, changed: Sequence[Attendee], now: datetime) -> None:
        """Writes attendees whose places were given or freed, with the guard: all or nothing, at most 99.

        Raises:
            RowConflictError: someone took or freed a place since, or one of the rows changed or is gone.
        """
        self.bookings_table.apply([_touch(session_id, guard, now), *_merges(session_id, changed)])

    def create_guard(self, session_id: str, now: datetime) -> str:
        """Writes the guard of a roster that has none, and returns its ETag; "" where someone was faster."""
        try:
            return self.bookings_table.apply([_touch(session_id, "", now)])[0]
        except RowConflictError:
            return ""

    def touch_guard(self, session_id: str, guard: str, now: datetime) -> None:
        """Makes every write fail that takes or frees a place by what was read before. Raises RowConflictError."""
        self.bookings_table.apply([_touch(session_id, guard, now)])

    def update_attendees(self, session_id: str, changed: Sequence[Attendee]) -> None:
        """Writes attendees whose places stay as they are, a hundred at a time. Raises RowConflictError."""
        writes = _merges(session_id, changed)
        for start in range(0, len(writes), MAX_WRITES):
            self.bookings_table.apply(writes[start : start + MAX_WRITES])

    def record_repeat_request(self, session_id: str, attendee: Attendee) -> str:
        """Remembers that a person who has a place asked for one again, so that an email can tell them.

        Returns the row's new ETag.

        Raises:
            RowConflictError: the row changed since it was read.
        """
        return self.bookings_table.merge(write_repeat_request(session_id, attendee), attendee.etag)

    def update_details(self, session_id: str, attendee: Attendee) -> None:
        """Writes what a person changed in their own booking. Raises RowConflictError: the row changed since."""
        self.bookings_table.merge(write_details(session_id, attendee), attendee.etag)


def _stamps(rows: Iterable[Row]) -> RowStamps:
    return {(row.partition, row.key): row.etag for row in rows}


def _touch(session_id: str, guard: str, now: datetime) -> Write:
    cells = {"PartitionKey": session_id, "RowKey": GUARD, "TouchedAt": moment_text(now)}
    # One that was made again after a loss can be told from the one before: see `local.restore`.
    return Write("merge", cells, guard) if guard else Write("create", cells | {"MadeAt": moment_text(now)})


def _merges(session_id: str, changed: Iterable[Attendee]) -> list[Write]:
    return [Write("merge", write_changes(session_id, each), each.etag) for each in changed]
