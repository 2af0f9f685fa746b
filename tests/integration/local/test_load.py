"""`python dev.py load`."""

import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.data.tables import TableClient, TableServiceClient
from openpyxl import Workbook

from local.commands import load
from local.paths import EXAMPLE_SESSIONS
from local.process.ports import free_ports
from local.stack.azurite import Azurite
from local.stack.sessions_csv import SESSIONS, Loaded, insert_sessions, read_sessions


@pytest.fixture
def empty_table(azurite: Azurite) -> Iterator[TableClient]:
    with TableClient.from_connection_string(azurite.connection_string(), f"T{uuid.uuid4().hex}") as table:
        table.create_table()
        yield table


@pytest.fixture
def sessions(azurite: Azurite) -> Iterator[TableClient]:
    """The table that the command loads into. A test tells its rows by its file's partition."""
    with TableServiceClient.from_connection_string(azurite.connection_string()) as service:
        yield service.create_table_if_not_exists(SESSIONS)


class _File:
    def __init__(self, folder: Path) -> None:
        self.path = folder / "sessions.csv"
        self.partition = uuid.uuid4().hex

    def write(self, *rows: str) -> str:
        lines = ["PartitionKey,RowKey,Title", *(f"{self.partition},{row}" for row in rows)]
        self.path.write_text("\n".join(lines), "utf-8")
        return str(self.path)

    def titles_in(self, table: TableClient) -> list[str]:
        found = table.query_entities("PartitionKey eq @partition", parameters={"partition": self.partition})
        return [entity["Title"] for entity in found]


@pytest.fixture
def file(tmp_path: Path) -> _File:
    return _File(tmp_path)


def test_the_example_schedule_is_stored_as_it_is_written(empty_table: TableClient) -> None:
    assert insert_sessions(empty_table, read_sessions(EXAMPLE_SESSIONS)) == Loaded(inserted=5, already_there=0)

    [stored] = empty_table.query_entities("RowKey eq '2023-09-08-1500'")
    assert dict(stored) == {
        "PartitionKey": "sessions",
        "RowKey": "2023-09-08-1500",
        "Date": "2023-09-08",
        "Time": "15:00",
        "Minutes": 75,
        "Capacity": 12,
        "Title": "Group reflective practice session",
        "Theme": "",
        "JoinUrl": "https://teams.microsoft.com/l/meetup-join/example-1",
        "State": "open",
        "Reminders": "P1D,PT1H",
        "WaitingList": "yes",
    }


def test_a_session_that_is_there_stays_as_its_administrator_left_it(empty_table: TableClient) -> None:
    sessions = read_sessions(EXAMPLE_SESSIONS)
    insert_sessions(empty_table, sessions[:2])
    edited = {"PartitionKey": "sessions", "RowKey": "2023-09-08-1500", "Capacity": 20}
    empty_table.update_entity(edited)

    assert insert_sessions(empty_table, sessions) == Loaded(inserted=3, already_there=2)
    assert empty_table.get_entity("sessions", "2023-09-08-1500")["Capacity"] == 20


def test_it_loads_into_the_service_that_is_running(
    azurite: Azurite, sessions: TableClient, file: _File, tmp_path: Path
) -> None:
    running = tmp_path / "running.json"
    running.write_text(json.dumps({"tables": azurite.tables()}), "utf-8")

    with load.open_sessions(None, {}, running) as table:
        insert_sessions(table, read_sessions(Path(file.write("one,First", "two,Second"))))

    assert file.titles_in(sessions) == ["First", "Second"]


def test_it_loads_into_the_storage_that_the_environment_names_and_says_how_many(
    azurite: Azurite,
    sessions: TableClient,
    file: _File,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("BOOKINGS_STORAGE", azurite.connection_string())

    assert load.main([file.write("one,First")]) == 0
    assert load.main([file.write("one,Changed", "two,Second")]) == 0

    assert file.titles_in(sessions) == ["First", "Second"]
    assert capsys.readouterr().out.splitlines()[-1] == "1 loaded, 1 already present and left unchanged."


def test_an_address_on_the_command_line_comes_before_the_environment(
    azurite: Azurite, sessions: TableClient, file: _File, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOOKINGS_STORAGE", "nonsense")

    assert load.main([file.write("one,First"), "--tables", azurite.tables()]) == 0
    assert file.titles_in(sessions) == ["First"]


def test_a_file_with_a_mistake_loads_nothing_and_the_line_is_said(
    azurite: Azurite, sessions: TableClient, file: _File, capsys: pytest.CaptureFixture[str]
) -> None:
    assert load.main([file.write("one,First", "two,Second,Third"), "--tables", azurite.tables()]) == 1

    assert "line 3: 4 cells where the header has 3" in capsys.readouterr().err
    assert file.titles_in(sessions) == []


def test_if_nothing_runs_and_nothing_is_named_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(load.NoTableError, match=r"start the service with `python dev\.py`"):
        load.open_sessions(None, {}, tmp_path / "running.json")


def test_a_storage_that_does_not_answer_is_said_in_one_line(file: _File, capsys: pytest.CaptureFixture[str]) -> None:
    [port] = free_ports(1)
    tables = f"http://127.0.0.1:{port}/devstoreaccount1"

    assert load.main([file.write("one,First"), "--tables", tables]) == 1

    assert capsys.readouterr().err.startswith("The Sessions table could not be written:")


def test_a_spreadsheet_is_loaded_whole_or_not_at_all(
    azurite: Azurite, sessions: TableClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tag = uuid.uuid4().hex
    path = tmp_path / "sessions.xlsx"

    def load_places(*places: object) -> int:
        book = Workbook()
        book.active.append(("Id", "Date", "Time", "Places"))
        for number, each in enumerate(places):
            book.active.append((f"{tag}-{number}", "9 October 2026", "3pm", each))
        book.save(path)
        return load.main([str(path), "--tables", azurite.tables()])

    def capacities() -> list[int]:
        found = sessions.query_entities(
            "RowKey ge @first and RowKey lt @last", parameters={"first": tag, "last": f"{tag}~"}
        )
        return [entity["Capacity"] for entity in found]

    assert load_places(12, "twelve") == 1
    assert 'Row 3: Places is "twelve".' in capsys.readouterr().err
    assert capacities() == []
    assert load_places(12, 13) == 0
    assert capacities() == [12, 13]
