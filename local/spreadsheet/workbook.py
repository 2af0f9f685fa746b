"""Reads the first sheet of an .xlsx file: its titles, and its rows by the numbers that Excel shows."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from local.stack.sessions_csv import SessionsFileError

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
        SessionsFileError: the file cannot be read, or is no such spreadsheet.
    """
    try:
        values, formulas = (_first_sheet(path, data_only=each) for each in (True, False))
    except OSError as error:
        raise SessionsFileError(f"cannot be read ({error.strerror})") from error
    except (BadZipFile, InvalidFileException, IndexError, KeyError, ValueError) as error:
        raise SessionsFileError(_NOT_READ) from error
    return [row for row in _rows(values, formulas) if not all(cell.is_empty for cell in row.cells)]


def _first_sheet(path: Path, *, data_only: bool) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about decorations of the sheet that openpyxl leaves out
        return load_workbook(path, data_only=data_only).worksheets[0]


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
