"""Sessions in a spreadsheet: read as people write them, and refused row by row before anything is loaded."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from local.commands import load
from local.spreadsheet.columns import TITLES
from local.spreadsheet.sessions import SessionRowsError, read_spreadsheet
from local.stack.sessions_csv import Session, SessionsFileError
from shared.bookings.tables.session_rows import WRITTEN_BY_PEOPLE
from tests.admin_guide import GUIDE, quoted, section_text
from tests.builders import ROOT

HEADER = ("Date", "Time", "Places")
RIGHT = ("2026-10-09", "15:00", 12)


def saved(folder: Path, *rows: Sequence[Any], formats: dict[str, str] | None = None) -> Path:
    book, path = Workbook(), folder / "sessions.xlsx"
    sheet = book.active
    for row in rows:
        sheet.append(row)
    for cell, number_format in (formats or {}).items():
        sheet[cell].number_format = number_format
    book.save(path)
    return path


def read(folder: Path, *rows: Sequence[Any], **changes: Any) -> list[Session]:
    return read_spreadsheet(saved(folder, *rows, **changes))


def problems(folder: Path, *rows: Sequence[Any]) -> list[str]:
    with pytest.raises(SessionRowsError) as refused:
        read(folder, *rows)
    return list(refused.value.problems)


def one_cell(folder: Path, column: str, value: Any) -> str:
    """The cell as it is loaded, else what is said about it."""
    header = HEADER if column in HEADER else (*HEADER, column)
    row = [value if title == column else given for title, given in zip(header, (*RIGHT, value), strict=False)]
    try:
        [session] = read(folder, header, row)
    except SessionRowsError as error:
        return error.problems[0]
    names = [name for name, titles in TITLES.items() if titles[0] == column]
    return str(session[names[0]])


def test_a_row_becomes_a_session_as_the_portal_would_hold_it(tmp_path: Path) -> None:
    header = ["Date", "Start time", "Number of places", "Length in Minutes", "Theme", "Joining link", "State"]
    header += ["Waiting list", "Led by"]
    row = (date(2026, 10, 9), time(15), 12, 90, "  Rest ", "<https://teams.example/1>", "Open", True, "Ada")

    assert read(tmp_path, header, row) == [
        {
            "PartitionKey": "sessions",
            "RowKey": "2026-10-09-1500",
            "Date": "2026-10-09",
            "Time": "15:00",
            "Capacity": 12,
            "Minutes": 90,
            "Theme": "  Rest ",
            "JoinUrl": "<https://teams.example/1>",
            "State": "Open",
            "WaitingList": "yes",
            "Facilitator": "Ada",
        }
    ]


def test_dates_times_and_numbers_are_read_as_people_and_excel_write_them(tmp_path: Path) -> None:
    """A start in summer and one in winter: what is loaded is what clocks in London show."""
    table = [
        ("Date", "9 October 2026", "2026-10-09"),
        ("Date", "Fri 9th October 2026", "2026-10-09"),
        ("Date", datetime(2026, 12, 4), "2026-12-04"),  # noqa: DTZ001  # as Excel has it
        ("Date", date(2026, 12, 4), "2026-12-04"),
        ("Time", "3pm", "15:00"),
        ("Time", time(15, 30), "15:30"),
        ("Time", time(9, 29, 59, 997000), "09:30"),
        ("Time", timedelta(hours=11), "11:00"),
        ("Time", 0.625, "15:00"),
        ("Time", 15, "15:00"),
        ("Places", "12", "12"),
        ("Places", 12.0, "12"),
        ("Minutes", time(1, 15), "75"),
        ("Minutes", timedelta(minutes=90), "90"),
        ("Minutes", None, "75"),
        ("Waiting list", False, "no"),
        ("Id", " autumn  1 ", "autumn 1"),
    ]
    assert [each for each in table if one_cell(tmp_path, *each[:2]) != each[2]] == []


def test_what_can_mean_two_things_is_asked_back_in_the_words_of_the_sheet(tmp_path: Path) -> None:
    table = [
        ("Date", "09/10/2026", 'Date is "09/10/2026". With "/" between'),
        ("Date", "Thu 9 October 2026", 'Date is "Thu 9 October 2026". 9 October 2026 is a Friday.'),
        ("Date", datetime(2026, 10, 9, 15), 'Date is "2026-10-09T15:00:00". It holds a time'),  # noqa: DTZ001  # see above
        ("Date", None, "Date is empty."),
        ("Time", time(3), 'Time is "3:00". 3:00 could be in the morning or the afternoon'),
        ("Time", 15.3, 'Time is "15.3". It could be 15:03 or 15:30.'),
        ("Time", timedelta(hours=25), 'Time is "1 day, 1:00:00".'),
        ("Places", 12.5, 'Places is "12.5". Write the number of places'),
        ("Places", "=6+6", "Places is a formula without its value."),
        ("Minutes", 1441, 'Minutes is "1441". Write a number from 1 to 1,440.'),
        ("Joining link", "teams", 'Joining link is "teams". Write an address'),
        ("State", "opne", 'State is "opne". Write draft, open, closed or cancelled.'),
        ("Theme", "x" * 201, "Theme has 201 characters. Write at most 200."),
        ("Theme", "#REF!", 'Theme is "#REF!". Correct the formula'),
        ("Id", "8/9", 'The id "8/9" cannot be used'),
    ]
    said = [(one_cell(tmp_path, *each[:2]), f"Row 2: {each[2]}") for each in table]
    assert [each for each in said if not each[0].startswith(each[1])] == []


def test_everything_that_is_wrong_is_said_at_once_by_the_numbers_of_its_rows(tmp_path: Path) -> None:
    rows = [(), HEADER, RIGHT, (), ("tomorrow", "15:00", ""), ("2027-03-28", "01:30", 12), RIGHT]

    assert [each.partition(".")[0] for each in problems(tmp_path, *rows)] == [
        'Row 5: Date is "tomorrow"',
        "Row 5: Places is empty",
        "Row 6: Time 01:30 does not exist on 2027-03-28: the clocks go forward over it",
        "Row 7: It has the id of row 3: 2026-10-09-1500",
    ]


def test_a_time_by_the_clock_in_london_stays_that_time_in_winter_and_summer(tmp_path: Path) -> None:
    found = read(tmp_path, HEADER, ("2026-07-01", "15:00", 1), ("2026-12-01", "15:00", 1))

    assert [(each["Date"], each["Time"]) for each in found] == [("2026-07-01", "15:00"), ("2026-12-01", "15:00")]


def test_columns_that_are_unknown_missing_or_there_twice_are_named(tmp_path: Path) -> None:
    said = problems(tmp_path, ("Date", "Day", "Places", "Colour"), ("2026-10-09", "", 12, "red"))

    known = "Date, Time, Places, Minutes, Title, Theme, Description, Facilitator, Programme, Place, Note"
    others = "Joining link, Feedback link, State, Reminders, Waiting list, Id"
    assert said == [
        f'Row 1: There is no column "Colour". The columns are {known}, {others}.',
        "Row 1: The column Time is missing.",
        "Row 1: Two columns are the column Date.",
    ]
    assert problems(tmp_path, HEADER, (*RIGHT, "note")) == ["Row 2: There is something in a column that has no title."]


def test_every_column_that_people_fill_in_can_be_given_and_the_guide_lists_them() -> None:
    assert TITLES.keys() - {"RowKey"} == WRITTEN_BY_PEOPLE.keys()
    listed = quoted(section_text(GUIDE, "Load sessions from a spreadsheet"))
    assert {titles[0] for titles in TITLES.values()} <= set(listed)


@pytest.mark.parametrize(
    ("name", "body", "said"),
    [
        ("nothing.xlsx", None, "cannot be read"),
        ("text.xlsx", b"Date,Time\n", "is no spreadsheet that can be read"),
        ("old.xls", b"x", "is another kind of spreadsheet: save it as Excel Workbook (.xlsx)"),
    ],
)
def test_a_file_that_is_no_such_spreadsheet_is_refused_in_plain_words(
    name: str, body: bytes | None, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    if body is not None:
        path.write_bytes(body)

    assert load.main([str(path), "--check"]) == 1
    assert said in capsys.readouterr().err


def test_a_sheet_without_sessions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SessionsFileError, match="has no sessions in its first sheet"):
        read(tmp_path, HEADER)


def test_a_check_needs_no_table_and_says_what_it_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    right = saved(tmp_path, HEADER, RIGHT, ("2026-10-16", "15:00", 12))
    state = ["--state", str(tmp_path)]
    assert load.main([str(right), "--check", *state]) == 0
    assert capsys.readouterr().out == "2 sessions, and nothing is wrong with them. Nothing was loaded.\n"

    wrong = saved(tmp_path, HEADER, RIGHT, ("2026-10-16", "15:00", "twelve"))
    assert load.main([str(wrong), "--check", *state]) == 1
    assert 'Row 3: Places is "twelve". Write the number of places' in capsys.readouterr().err


def test_a_check_of_a_csv_file_says_what_the_service_would(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert load.main([str(ROOT / "local" / "sessions.csv"), "--check"]) == 0
    capsys.readouterr()

    path = tmp_path / "sessions.csv"
    path.write_text("PartitionKey,RowKey,Date,Time,Capacity\nsessions,one,tomorrow,15:00,12\n", "utf-8")
    assert load.main([str(path), "--check"]) == 1
    assert capsys.readouterr().err.startswith('one: Date is "tomorrow".')
