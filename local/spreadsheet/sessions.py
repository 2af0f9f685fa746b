"""Sessions from a spreadsheet, each row read as the service reads one of the table `Sessions`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.spreadsheet.cell_text import cell_text
from local.spreadsheet.columns import ID, TITLES, columns_of
from local.spreadsheet.workbook import SheetRow, read_rows
from local.stack.sessions_csv import Session, SessionsFileError
from shared.bookings.model.session import Session as PlannedSession
from shared.bookings.tables.cells.visible_text import one_line
from shared.bookings.tables.session_rows import LOADED_PARTITION, SessionRow, read_session_row
from shared.local_time import zone
from shared.tables.table import Row, is_key


class SessionRowsError(SessionsFileError):
    """Rows that are wrong. `problems` are sentences for people, each with the number of its row."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class _Found:
    """The session of one row, and what is wrong with the row. Without a session, something is."""

    number: int
    session: Session
    problems: tuple[str, ...]


def read_spreadsheet(path: Path) -> list[Session]:
    """The sessions of the first sheet, ready to insert: checked as a whole.

    The first row that is not empty has the titles. Dates, times and numbers are read as those in the portal's cells.

    Raises:
        SessionRowsError: with everything that is wrong, row by row.
        SessionsFileError: the file is no spreadsheet, or holds no sessions.
    """
    rows = read_rows(path)
    if len(rows) < 2:
        raise SessionsFileError("has no sessions in its first sheet, below a row of titles")
    titles = [one_line(cell_text("", cell.value)) for cell in rows[0].cells]
    columns, wrong = columns_of(titles)
    if wrong:
        raise SessionRowsError([f"Row {rows[0].number}: {each}" for each in wrong])
    named = dict(zip(columns, titles, strict=True))
    found = [_read(row, columns, named) for row in rows[1:]]
    if problems := [*_problems(found), *_same_ids(found)]:
        raise SessionRowsError([f"Row {number}: {each}" for number, each in sorted(problems)])
    return [each.session for each in found]


def problems_of(session: Session) -> tuple[str, ...]:
    """The sentences that the service would write into `Problem` of this row."""
    return _as_read(session).problems


def _as_read(cells: Mapping[str, Any]) -> SessionRow:
    return read_session_row(Row(cells, ""), ())


def _read(row: SheetRow, columns: Sequence[str], titles: Mapping[str, str]) -> _Found:
    cells = [(column, cell) for column, cell in zip(columns, row.cells, strict=True) if column or not cell.is_empty]
    if any(not column for column, _ in cells):
        return _Found(row.number, {}, ("There is something in a column that has no title.",))
    unread = tuple(f"{titles[column]} {cell.problem}" for column, cell in cells if cell.problem)
    written: Session = {column: cell_text(column, cell.value) for column, cell in cells}
    read = _as_read({"PartitionKey": LOADED_PARTITION, ID: ""} | written)
    if unread or read.written is None:
        return _Found(row.number, {}, unread or tuple(_with_title(each, titles) for each in read.problems))
    return _with_id(row.number, written, read.written)


def _with_title(problem: str, titles: Mapping[str, str]) -> str:
    """The sentence with the sheet's title for the table's column, with which it begins."""
    column, _, rest = problem.partition(" ")
    return f"{titles.get(column) or TITLES[column][0]} {rest}"


def _with_id(number: int, written: Session, planned: PlannedSession) -> _Found:
    starts = planned.starts.astimezone(zone())
    key = one_line(str(written.get(ID, ""))) or f"{starts:%Y-%m-%d-%H%M}"
    if not is_key(key):
        return _Found(number, {}, (f'The id "{key[:60]}" cannot be used: no / \\ # ? and at most 512 characters.',))
    plain: Session = {"Date": f"{starts:%Y-%m-%d}", "Time": f"{starts:%H:%M}", "Capacity": planned.capacity}
    length: Session = {"Minutes": planned.minutes}
    return _Found(number, {"PartitionKey": LOADED_PARTITION} | written | {ID: key} | plain | length, ())


def _problems(found: Sequence[_Found]) -> list[tuple[int, str]]:
    return [(each.number, problem) for each in found for problem in each.problems]


def _same_ids(found: Sequence[_Found]) -> list[tuple[int, str]]:
    first: dict[object, int] = {}
    problems = []
    for each in found:
        before = first.setdefault(each.session[ID], each.number) if each.session else each.number
        if before != each.number:
            said = f"It has the id of row {before}: {each.session[ID]}. Give each an id of its own in a column Id."
            problems.append((each.number, said))
    return problems
