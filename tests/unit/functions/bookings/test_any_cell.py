"""Any value in any cell of any row stops no other session and no page, is named or understood, and can be mended."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.data.tables import EdmType, EntityProperty
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.bookings import book, manage, steps
from functions.site.health import health, health_details
from shared.bookings.tables.session_rows import read_session_row
from shared.tables.table import Row
from tests.builders import london, session_cells
from tests.unit.functions import http_requests
from tests.unit.functions.in_memory_app import InMemoryApp
from tests.unit.shared.bookings.unreadable_cells import UNREADABLE

FIVE = timedelta(minutes=5)
type Cell = tuple[str, tuple[str, str], str]

LONG = ["x" * 40_000, "\ud83d" * 40_000, "\N{GRINNING FACE}" * 16_000, '"' * 32_000, "\x00" * 32_000, "9" * 5_000]
SPECIAL = [
    *LONG,
    *UNREADABLE.values(),
    "\x00",
    "\ud800",
    "\u202e",
    "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00+14:00",
    "2023-09-08T14:00:00+24:00",
    "x 9999-12-31T23:59:00Z",
    "1\nbooking-x\n../x",
    "1\nbooking-x\n" + "y" * 30_000,
    "1\nbooking-x\n" + "y" * 510,
    "1\n../x\ns1",
    "999999999",
    "-1",
    "P999W,PT9999H",
    "=1+1",
    "{{ 7 * 7 }}",
]
EDGES = [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC), datetime(2023, 9, 8)]  # noqa: DTZ001  # a naive one
values = st.one_of(
    st.sampled_from(SPECIAL),
    st.text(st.characters(), max_size=30),
    st.integers(-(2**31), 2**31 - 1),
    st.integers(-(2**63), 2**63 - 1).map(lambda number: EntityProperty(number, EdmType.INT64)),
    st.floats(),
    st.booleans(),
    st.sampled_from(EDGES),
    st.datetimes(timezones=st.just(UTC)),
    st.binary(max_size=30),
    st.none(),
)


class App(InMemoryApp):
    """Two sessions that people have booked, seen by a run of the timer; `mended` holds all rows of that moment."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(monkeypatch, ORGANISER_EMAIL="organiser@example.nhs.uk", FACILITATOR_EMAIL="f@example.nhs.uk")
        for session_id in ("s1", "s2"):
            self.tables["Sessions"].insert(session_cells(RowKey=session_id, Capacity=2))
        for name, session_id in (("ann", "s1"), ("cem", "s1"), ("dee", "s1"), ("ben", "s2")):
            assert self.book(name, session_id) == 201
        self.now += FIVE
        self.tick()
        self.tick()
        self.start, self.sent = self.now, list(self.sender.sent)
        self.mended = {name: dict(table.rows) for name, table in self.tables.items()}
        self.token = next(
            word.rpartition("/")[2]
            for _, message in self.sender.sent
            if message.to.startswith("ann@")
            for word in message.text.split()
            if "/manage/" in word
        )

    def cells(self) -> list[Cell]:
        """Every cell that someone could edit and that is not about the other session."""
        return [
            (name, key, column)
            for name, rows in sorted(self.mended.items())
            for key, row in sorted(rows.items())
            if "s2" not in (*key, row.text("Session"))
            for column in sorted({*row.cells} - {"PartitionKey", "RowKey"})
        ]

    def begin_again(self) -> None:
        for name, table in self.tables.items():
            table.rows = dict(self.mended.get(name, {}))
        self.now, self.sender.sent = self.start, list(self.sent)

    def type(self, cell: Cell, value: Any) -> None:
        """Puts a value into a cell of the row as it is; none takes the cell away."""
        name, key, column = cell
        row = self.tables[name].rows.get(key)
        if row is not None:
            cells = {**row.cells, column: value}
            self.tables[name].rows[key] = Row({k: v for k, v in cells.items() if v is not None}, f"{row.etag}x")

    def problem(self, session_id: str) -> str:
        return self.tables["Sessions"].rows["sessions", session_id].text("Problem")


@contextmanager
def as_typed(app: App, cell: Cell, value: Any) -> Iterator[None]:
    """The cell holds the value within the body, and what stood there before after it."""
    app.begin_again()
    app.type(cell, value)
    yield
    name, key, column = cell
    app.type(cell, app.mended[name][key].cells[column])


def check(app: App, cell: Cell, value: Any) -> None:
    with as_typed(app, cell, value):
        app.now += FIVE
        check_pages(app)
        app.tick()
        check_reported(app)
        check_pages(app)
        assert app.book("eve", "s2") == 201
        assert app.book("fay", "s1") in {201, 404, 409}
        app.now = london("2023-09-07 15:00")
        app.tick()
        assert reminders(app, "ben") == 1
        assert reminders(app, "ann") == 1 or is_excused(app, cell)
        check_reported(app)
    for _ in range(4):
        app.now += FIVE
        app.tick()
    assert (app.problem("s1"), app.problem("s2")) == ("", "")
    assert json.loads(health_details(http_requests.get()).get_body()) == {"status": "healthy"}


def check_pages(app: App) -> None:
    assert "s2" in app.listed()
    statuses = [
        app.page(book.list_sessions).status_code,
        app.page(steps.booking_form).status_code,
        app.page(manage.manage_booking, token=app.token).status_code,
    ]
    assert statuses[:2] == [200, 200]
    assert statuses[2] in {200, 404}


def check_reported(app: App) -> None:
    """The run is a heartbeat; a session that failed, or whose row is not understood, says so in its row."""
    assert health(http_requests.get()).status_code == 200
    report = app.built.heartbeat.last()
    assert report is not None
    assert not report.parts
    assert {each.name for each in report.sessions} <= {"s1"}
    row = read_session_row(app.tables["Sessions"].rows["sessions", "s1"], ())
    assert app.problem("s1") or (not report.sessions and row.written is not None)
    assert app.problem("s2") == ""


def reminders(app: App, name: str) -> int:
    return sum("reminder" in subject.casefold() for subject in app.subjects(name))


def is_excused(app: App, cell: Cell) -> bool:
    """True if someone who is not reminded of `s1` can see why, or the cell may rightly say so."""
    ann = next((row for row in app.tables["Bookings"].rows.values() if row.text("Name") == "Ann"), None)
    may_say_so = cell[0] == "Sessions" or cell[2] in {"State", "KnownState", "Reminders", "NotBefore", "Name"}
    return may_say_so or bool(app.problem("s1")) or ann is None or bool(ann.text("Problem"))


@pytest.fixture(scope="module")
def app() -> Iterator[App]:
    with pytest.MonkeyPatch.context() as patch:
        yield App(patch)


@pytest.mark.parametrize("examples", [10, pytest.param(3_000, marks=pytest.mark.nightly)])
def test_any_value_in_any_cell_stops_nothing_else_and_can_be_mended(app: App, examples: int) -> None:
    @settings(max_examples=examples, derandomize=examples == 10, database=None, suppress_health_check=list(HealthCheck))
    @given(cell=st.sampled_from(app.cells()), value=values)
    def holds(cell: Cell, value: Any) -> None:
        check(app, cell, value)

    holds()


@pytest.mark.parametrize(
    "value",
    [
        *(LONG[0], "1\n../x\n../x", float("inf"), None),
        *(pytest.param(each, marks=pytest.mark.nightly) for each in (LONG[1], "1\nx\n" + "y" * 510, EDGES[1], -1)),
    ],
)
def test_the_same_is_true_of_each_value_in_the_cells_that_decide_most(app: App, value: Any) -> None:
    for column in ("Announced", "Date", "Seen"):
        check(app, ("Sessions", ("sessions", "s1"), column), value)
    check(app, ("Service", ("service", "session-s1"), "Announced"), value)
    attendee = next(key for key, row in app.mended["Bookings"].items() if row.text("Name") == "Ann")
    for column in ("Releases", "Generation"):
        check(app, ("Bookings", attendee, column), value)
