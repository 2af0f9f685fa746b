"""Sessions in files with changed bytes, given to the command: they are read, or refused in words for people."""

import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import date, time
from io import BytesIO, StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from local.commands import load
from local.spreadsheet.workbook import MOST_ROWS
from local.stack.sessions_csv import SessionsFileError, read_sessions
from tests.builders import ROOT
from tests.every_row import every_row

EXPORTED = (ROOT / "local" / "sessions.csv").read_bytes()
NIGHTLY = pytest.param(3_000, marks=pytest.mark.nightly)
FAR_ROW, FAR_COLUMN = 1_048_576, "XFD"  # the last ones that Excel has


def workbook(*far: str) -> bytes:
    """A spreadsheet of two sessions, with something in cells far from them."""
    book, saved = Workbook(), BytesIO()
    sheet = book.active
    for row in (("Date", "Time", "Places", "Theme"), (date(2026, 10, 9), time(15), 12, "Rest"), ("2026-10-16", "3pm")):
        sheet.append(row)
    sheet["C3"] = 8
    for cell in far:
        sheet[cell] = "x"
    book.save(saved)
    return saved.getvalue()


SHEET = workbook()

type Change = tuple[int, int, bytes]
"""The place of the change in a text of bytes, the number of bytes that it takes away, and those that it puts there."""

PIECES = [
    b"",
    b"\0",
    b"\xff",
    b"<",
    b">",
    b"&",
    b'"',
    b",",
    b"\n",
    b"-1",
    b"9" * 8,
    b"1e999",
    b"A1048576",
    b"XFD3",
    b"/",
]
CHANGES = st.lists(
    st.tuples(st.integers(0, 20_000), st.integers(0, 20), st.sampled_from(PIECES) | st.binary(max_size=4)),
    min_size=1,
    max_size=4,
)


def changed(content: bytes, changes: Sequence[Change]) -> bytes:
    for at, cut, put in changes:
        place = at % (len(content) + 1)
        content = content[:place] + put + content[place + cut :]
    return content


def with_changed_part(changes: Sequence[Change], part: str) -> bytes:
    """The spreadsheet as a whole file in which one of the texts is changed that it is made of."""
    whole = BytesIO()
    with zipfile.ZipFile(BytesIO(SHEET)) as before, zipfile.ZipFile(whole, "w") as after:
        for name in before.namelist():
            content = before.read(name)
            after.writestr(name, changed(content, changes) if name == part else content)
    return whole.getvalue()


PARTS = zipfile.ZipFile(BytesIO(SHEET)).namelist()
SPREADSHEETS = st.builds(changed, st.just(SHEET), CHANGES) | st.builds(
    with_changed_part, CHANGES, st.sampled_from([*PARTS, *["xl/worksheets/sheet1.xml"] * 5])
)
EXPORTS = st.builds(changed, st.just(EXPORTED), CHANGES)


@contextmanager
def saved(content: bytes, suffix: str) -> Iterator[Path]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"sessions{suffix}"
        path.write_bytes(content)
        yield path


def check(content: bytes, suffix: str) -> str:
    """Everything that the command says about a file with this content; whatever it raises is a fault."""
    said, failed = StringIO(), StringIO()
    with saved(content, suffix) as path, redirect_stdout(said), redirect_stderr(failed):
        code = load.main([str(path), "--check"])
    assert bool(failed.getvalue()) == bool(code)
    assert bool(said.getvalue()) != bool(code)
    return said.getvalue() + failed.getvalue()


def test_the_files_as_they_are_have_nothing_wrong() -> None:
    assert check(SHEET, ".xlsx").startswith("2 sessions")
    assert "nothing is wrong" in check(EXPORTED, ".csv")


@pytest.mark.parametrize("examples", [100, NIGHTLY])
def test_a_spreadsheet_with_changed_bytes_is_read_or_refused(examples: int) -> None:
    @settings(max_examples=examples, suppress_health_check=[HealthCheck.too_slow])
    @given(SPREADSHEETS)
    def tried(content: bytes) -> None:
        assert check(content, ".xlsx").endswith(("Nothing was loaded.\n", "nothing is wrong with them.\n"))

    tried()


@pytest.mark.parametrize("examples", [50, NIGHTLY])
def test_a_csv_file_with_changed_bytes_is_read_or_refused(examples: int) -> None:
    @settings(max_examples=examples)
    @given(EXPORTS)
    def tried(content: bytes) -> None:
        assert check(content, ".csv")

    tried()


@every_row(
    "cell, corner",
    [
        (f"A{FAR_ROW}", f"D{FAR_ROW}"),
        (f"{FAR_COLUMN}1", f"{FAR_COLUMN}3"),
        (f"{FAR_COLUMN}{FAR_ROW}", f"{FAR_COLUMN}{FAR_ROW}"),
        (f"A{MOST_ROWS + 1}", f"D{MOST_ROWS + 1}"),
        ("GS2", "GS3"),
    ],
)
def test_a_sheet_with_something_far_away_is_refused_at_once_and_its_end_is_named(cell: str, corner: str) -> None:
    said = check(workbook(cell), ".xlsx")

    assert f"reaches to cell {corner}, and no more than 10,000 rows and 200 columns are read" in said


def test_a_sheet_of_the_greatest_size_is_read() -> None:
    assert "Row 2: There is something in a column that has no title." in check(workbook("GR2"), ".xlsx")


@every_row("number", [2**63, -(2**63) - 1, 10**30])
def test_a_number_that_no_table_holds_is_refused_with_its_line(number: int) -> None:
    rows = f"PartitionKey,RowKey,Capacity,Capacity@type\nsessions,s1,{number},Edm.Int64\n".encode()

    with saved(rows, ".csv") as path, pytest.raises(SessionsFileError, match="line 2: Capacity is not a valid"):
        read_sessions(path)
