"""A schedule as CSV, in the form of Azure Storage Explorer."""

from pathlib import Path

import pytest
from azure.data.tables import EdmType, EntityProperty

from local.paths import EXAMPLE_SESSIONS
from local.stack.sessions_csv import Session, SessionsFileError, read_sessions


def _read(tmp_path: Path, text: str) -> list[Session]:
    path = tmp_path / "sessions.csv"
    path.write_text(text, "utf-8")
    return read_sessions(path)


def _refusal(tmp_path: Path, text: str) -> str:
    with pytest.raises(SessionsFileError) as refused:
        _read(tmp_path, text)
    return str(refused.value)


def test_the_example_schedule_has_the_five_sessions_that_the_trust_announced() -> None:
    sessions = read_sessions(EXAMPLE_SESSIONS)

    assert [(session["Date"], session["Time"]) for session in sessions] == [
        ("2023-09-08", "15:00"),
        ("2023-09-25", "11:00"),
        ("2023-10-03", "15:00"),
        ("2023-10-26", "10:00"),
        ("2023-11-13", "13:00"),
    ]
    assert {session["Minutes"] for session in sessions} == {75}
    assert {session["State"] for session in sessions} == {"open"}


def test_every_cell_becomes_the_type_that_its_column_says(tmp_path: Path) -> None:
    header = "PartitionKey,RowKey,A,A@type,B,B@type,C,C@type,D,D@type,E,E@type,F\n"
    [session] = _read(tmp_path, header + "sessions,one,007,String,12,Int32,true,Boolean,1.5,Double,5,Edm.Int64,plain\n")

    assert session == {
        "PartitionKey": "sessions",
        "RowKey": "one",
        "A": "007",
        "B": 12,
        "C": True,
        "D": 1.5,
        "E": EntityProperty(5, EdmType.INT64),
        "F": "plain",
    }


def test_an_empty_cell_is_empty_text_if_its_column_is_text_and_else_nothing(tmp_path: Path) -> None:
    [session] = _read(tmp_path, "PartitionKey,RowKey,A,A@type,B,B@type,C\nsessions,one,,String,,,\n")

    assert session == {"PartitionKey": "sessions", "RowKey": "one", "A": ""}


def test_a_file_that_excel_saved_reads_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "excel.csv"
    path.write_bytes("PartitionKey,RowKey,Title\r\nsessions,one,Séance\r\n,,\r\n".encode("utf-8-sig"))

    assert read_sessions(path) == [{"PartitionKey": "sessions", "RowKey": "one", "Title": "Séance"}]


def test_the_time_stamp_of_an_exported_table_is_left_out(tmp_path: Path) -> None:
    [session] = _read(tmp_path, "PartitionKey,RowKey,Timestamp,A\nsessions,one,2023-09-01T08:00:00Z,x\n")

    assert "Timestamp" not in session


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("sessions,two,many,Int32", "line 3: Capacity is not a valid Int32: 'many'"),
        ("sessions,two,3000000000,Int32", "line 3: Capacity is not a valid Int32: '3000000000'"),
        ("sessions,two,perhaps,Boolean", "line 3: Capacity is not a valid Boolean: 'perhaps'"),
        ("sessions,two,12,Number", "line 3: Capacity has the type 'Number'"),
        ("sessions,two,12", "line 3: 3 cells where the header has 4"),
        (",two,12,Int32", "line 3: PartitionKey is empty"),
        ("sessions,8/9,12,Int32", "line 3: RowKey '8/9' is not a valid key"),
        ("sessions,one,12,Int32", "line 3: the same PartitionKey and RowKey as line 2"),
        (f"sessions,two,{'x' * 32_769},String", "line 3: Capacity is not a valid String"),
        ('sessions,"two,12,Int32', "line 3: unexpected end of data"),
    ],
)
def test_a_row_that_cannot_be_stored_is_refused_with_its_line(tmp_path: Path, row: str, why: str) -> None:
    header = "PartitionKey,RowKey,Capacity,Capacity@type"

    assert _refusal(tmp_path, f"{header}\nsessions,one,12,Int32\n{row}\n").startswith(why)


@pytest.mark.parametrize(
    ("header", "why"),
    [
        ("", "line 0: the header has no column PartitionKey and no column RowKey"),
        ("PartitionKey,Title", "line 1: the header has no column RowKey"),
        ("PartitionKey,RowKey,Title,Title", "line 1: the header names 'Title' twice"),
        ("PartitionKey,RowKey,Title@type", "line 1: the header has 'Title@type' but not the column"),
    ],
)
def test_a_header_that_makes_no_sense_is_refused(tmp_path: Path, header: str, why: str) -> None:
    assert _refusal(tmp_path, header).startswith(why)


def test_lines_are_counted_as_the_editor_shows_them_even_after_a_line_break_in_a_cell(tmp_path: Path) -> None:
    text = 'PartitionKey,RowKey,Title,A,A@type\nsessions,one,"two\nlines",1,Int32\nsessions,two,x,y,Int32\n'

    assert _refusal(tmp_path, text).startswith("line 4: A is not a valid Int32")


def test_a_file_in_another_encoding_is_refused_in_plain_words(tmp_path: Path) -> None:
    path = tmp_path / "latin.csv"
    path.write_bytes("PartitionKey,RowKey,Title\nsessions,one,Séance\n".encode("latin-1"))

    with pytest.raises(SessionsFileError, match="not UTF-8"):
        read_sessions(path)


def test_a_file_that_is_not_there_is_refused_in_plain_words(tmp_path: Path) -> None:
    with pytest.raises(SessionsFileError, match="cannot be read"):
        read_sessions(tmp_path / "nothing.csv")
