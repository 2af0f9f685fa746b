"""Counts of each session's bookings, kept without anything of a person while the bookings themselves are deleted.

The bookings of a session are deleted some days after it, and those of its month one after the other. So what was
counted of each is kept in the table `Service`, partition `tallies`, until the numbers of the month are final.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.bookings.model.attendee import AttendeeState, Reason, Roster
from shared.bookings.model.session import Session, took_place
from shared.bookings.retention.retention_rules import are_over
from shared.bookings.tables.attendee_rows import read_attendee
from shared.bookings.tables.cells.attended import (
    ATTENDED,
    count_marked,
    mark_problem,
    read_attended,
    with_problem,
)
from shared.bookings.tables.place_counts import COUNTED_CELLS
from shared.bookings.tables.repository import GUARD
from shared.bookings.tables.session_rows import SessionRow, one_row_each, read_session_row
from shared.config.choices import Attendance
from shared.numbers.periods import Month
from shared.numbers.session_tally import RosterTally, SessionTally
from shared.tables.table import Row, RowConflictError, Table

TALLIES = "tallies"
"""Partition of the table `Service`."""

GIVEN_UP = frozenset({Reason.LEFT, Reason.LEFT_BEFORE_SAVE, Reason.BY_ORGANISER})
"""Reasons for which a booking counts as cancelled: not that of who moved, or never confirmed an address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionTallies:
    """Counts by the tables. `kept`: for how many days bookings are kept after their session."""

    sessions: Table
    bookings: Table
    service: Table
    kept: timedelta
    attendance: Attendance

    def read(self, now: datetime) -> Sequence[SessionTally]:
        """Returns the tally of each session that was over at `now` (UTC), and keeps what was counted of its bookings.

        Raises:
            StorageError: the tables cannot be read, or a tally not be written.
        """
        kept, rosters = self._kept(), self._rosters()
        return [
            self._tally(row, session, rosters.get(row.id, ()), kept.get(row.id), now)
            for row, session in self._over(now)
        ]

    def forget(self, now: datetime) -> None:
        """Deletes the tallies of sessions of final months, and of those whose row is gone. Raises StorageError."""
        needed = {row.id for row, session in self._over(now) if not Month.of(session.starts).is_final(self.kept, now)}
        for session_id in self._kept().keys() - needed:
            self.service.delete(TALLIES, session_id)

    def _over(self, now: datetime) -> list[tuple[SessionRow, Session]]:
        rows = one_row_each((read_session_row(row, ()) for row in self.sessions.query()), lambda _: None)
        found = [(row, row.session) for row in rows if row.is_over(now)]
        return [(row, session) for row, session in found if session is not None and took_place(session)]

    def _kept(self) -> Mapping[str, Row]:
        return {row.key: row for row in self.service.query(PartitionKey=TALLIES)}

    def _rosters(self) -> Mapping[str, Sequence[Row]]:
        found: defaultdict[str, list[Row]] = defaultdict(list)
        for row in self.bookings.query([*COUNTED_CELLS, ATTENDED, "Problem"]):
            found[row.partition].append(row)
        return found

    def _tally(
        self, row: SessionRow, session: Session, bookings: Sequence[Row], kept: Row | None, now: datetime
    ) -> SessionTally:
        if are_over([row.row], self.kept, now):  # its bookings are being deleted
            roster = None if kept is None else _read_tally(kept)
        else:
            roster = roster_tally(bookings)
            self._name_misread(bookings)
            self._keep(session.id, roster, kept)
        return SessionTally(
            session_id=session.id,
            month=Month.of(session.starts),
            places=session.capacity,
            attended=self._attended(row, session, roster),
            roster=roster,
        )

    def _keep(self, session_id: str, roster: RosterTally, kept: Row | None) -> None:
        if kept is None or _read_tally(kept) != roster:
            self.service.put({"PartitionKey": TALLIES, "RowKey": session_id, **_tally_cells(roster)})

    def _name_misread(self, bookings: Sequence[Row]) -> None:
        """Says in the row of a booking what is wrong with its mark; one that changed meanwhile is left to tomorrow."""
        if self.attendance is not Attendance.NAMES:
            return
        for row in bookings:
            said = with_problem(row, mark_problem(row))
            if row.key != GUARD and said != row.text("Problem"):
                with suppress(RowConflictError):
                    cells = {"PartitionKey": row.partition, "RowKey": row.key, "Problem": said}
                    self.bookings.merge(cells, row.etag)

    def _attended(self, row: SessionRow, session: Session, roster: RosterTally | None) -> int | None:
        if self.attendance is Attendance.COUNT:
            return read_attended(row.row, max(session.capacity, row.row.integer("Confirmed") or 0))[0]
        return roster.marked if roster is not None and self.attendance is Attendance.NAMES else None


def roster_tally(rows: Sequence[Row]) -> RosterTally:
    """Returns the counts of a roster's rows, of which only the cells that count need be read."""
    people = [row for row in rows if row.key != GUARD]
    attendees = tuple(read_attendee(row) for row in people)
    gone = (each for each in attendees if each.state is AttendeeState.CANCELLED)
    return RosterTally(
        booked=Roster(attendees, "").held,
        cancelled=sum(each.reason in GIVEN_UP for each in gone),
        waited=sum(each.is_listed and not each.is_bounced for each in attendees),
        marked=count_marked(people),
    )


def _tally_cells(roster: RosterTally) -> dict[str, Any]:
    marked = "" if roster.marked is None else roster.marked
    return {"Booked": roster.booked, "Cancelled": roster.cancelled, "Waited": roster.waited, "Marked": marked}


def _read_tally(row: Row) -> RosterTally:
    return RosterTally(
        booked=row.integer("Booked") or 0,
        cancelled=row.integer("Cancelled") or 0,
        waited=row.integer("Waited") or 0,
        marked=row.integer("Marked"),
    )
