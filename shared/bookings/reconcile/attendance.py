"""The cells with which a session's row asks how many people came, once the session is over."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.bookings.model.session import took_place
from shared.bookings.tables.cells.attended import ATTENDED, attended_text, read_attended, with_problem
from shared.bookings.tables.session_rows import SessionRow
from shared.config.choices import Attendance
from shared.numbers.periods import Month
from shared.wording.sentences import sentence


@dataclass(frozen=True, slots=True)
class AttendanceCells:
    """Asks for the `attendance` of this installation. `kept`: for how long bookings are kept after their session."""

    attendance: Attendance = Attendance.COUNT
    kept: timedelta = timedelta(days=90)

    @property
    def columns(self) -> Mapping[str, str]:
        """The columns that a session's row has for it, each with the text of a new row."""
        return {ATTENDED: ""} if self.attendance is Attendance.COUNT else {}

    def problems(self, row: SessionRow, now: datetime) -> tuple[str, ...]:
        """Returns what is wrong with the cell of a session that is not over at `now` (UTC)."""
        session = row.session
        too_early = bool(self.columns and attended_text(row.row)) and session is not None and now < session.starts
        return (sentence("portal.attended.too-early"),) if too_early else ()

    def when_over(self, row: SessionRow, now: datetime) -> Mapping[str, str]:
        """Returns the cells to write into the row of a session that is over at `now` (UTC): those that differ.

        None once the numbers of its month are final, or where it did not take place.
        """
        session = row.session
        if self.attendance is Attendance.NONE or session is None or not took_place(session):
            return {}
        month = Month.of(session.starts)
        if month.is_final(self.kept, now):
            return {}
        wanted, there = self._asked(row, month), row.row
        return {name: text for name, text in wanted.items() if name not in there.cells or there.text(name) != text}

    def _asked(self, row: SessionRow, month: Month) -> dict[str, str]:
        until = month.corrected_until(self.kept)
        if self.attendance is Attendance.NAMES:
            return {"Notice": sentence("portal.attended.ask-names", until=until)}
        attended, problem = read_attended(row.row, _most(row))
        said = {"Problem": with_problem(row.row, problem)}
        missing = {} if ATTENDED in row.row.cells else self.columns
        return {**missing, **said, "Notice": "" if problem else _notice(attended, until)}


def _most(row: SessionRow) -> int:
    """The greatest number that is plausible: as many as there were places, or as held one."""
    capacity = row.session.capacity if row.session else 0
    return max(capacity, row.row.integer("Confirmed") or 0)


def _notice(attended: int | None, until: str) -> str:
    if attended is None:
        return sentence("portal.attended.ask", until=until)
    if attended == 1:
        return sentence("portal.attended.noted-one", until=until)
    return sentence("portal.attended.noted", number=attended, until=until)
