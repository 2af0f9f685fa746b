"""Reads the first sheet of an .xlsx file: its titles, and its rows by the numbers that Excel shows."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from local.stack.sessions_csv import SessionsFileError

MOST_ROWS, MOST_COLUMNS = 10_000, 200
"""The size of a sheet that is read. Excel has a million rows, and something in the last one makes all of them cells."""

_OF_FORMULAS, _OF_ERRORS = "f", "e"
_NOT_READ = "is no spreadsheet that can be read: save it as Excel Workbook (.xlsx)"


@dataclass(frozen=True, slots=True)
class SheetCell:
    """One cell: its value as Excel has it, and what is wrong where that is no value."""

    value: Any
    problem: str = ""

    @property
    def is_empty(self) -> bool:
        return not self.problem and (self.value is None or not str(self.value).strip())


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row that is not empty, as wide as the sheet."""

    number: int
    cells: tuple[SheetCell, ...]


def read_rows(path: Path) -> list[SheetRow]:
    """The rows of the first sheet that hold anything, hidden ones too. Of a formula the value is read.

    Raises:
        SessionsFileError: the file cannot be read, is no such spreadsheet, or is larger than `MOST_ROWS` and
            `MOST_COLUMNS`.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SessionsFileError(f"cannot be read ({error.strerror})") from error
    try:
        values, formulas = (_first_sheet(content, data_only=each) for each in (True, False))
    except Exception as error:  # openpyxl lets through whatever its readers of ZIP, XML and cells raise
        raise SessionsFileError(_NOT_READ) from error
    _check_size(values)
    return [row for row in _rows(values, formulas) if not all(cell.is_empty for cell in row.cells)]


def _first_sheet(content: bytes, *, data_only: bool) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about decorations of the sheet that openpyxl leaves out
        return load_workbook(BytesIO(content), data_only=data_only).worksheets[0]


def _check_size(sheet: Any) -> None:
    rows, columns = sheet.max_row, sheet.max_column
    if rows > MOST_ROWS or columns > MOST_COLUMNS:
        raise SessionsFileError(
            f"has a first sheet that reaches to cell {get_column_letter(columns)}{rows}, and no more than"
            f" {MOST_ROWS:,} rows and {MOST_COLUMNS} columns are read: delete those beyond the sessions, and save it"
        )


def _rows(values: Any, formulas: Any) -> Iterator[SheetRow]:
    for read, written in zip(values.iter_rows(), formulas.iter_rows(), strict=True):
        pairs = zip(read, written, strict=True)
        yield SheetRow(read[0].row, tuple(_cell(value, formula) for value, formula in pairs))


def _cell(value: Any, formula: Any) -> SheetCell:
    if value.data_type == _OF_ERRORS:
        return SheetCell(None, f'is "{value.value}". Correct the formula, or write the value.')
    if value.value is None and formula.data_type == _OF_FORMULAS:
        return SheetCell(None, "is a formula without its value. Save the file in Excel, or write the value.")
    return SheetCell(value.value)
