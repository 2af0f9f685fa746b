"""Requests to tables that a run of the timer costs when nothing is due: what it has to look at, and a heartbeat."""

from collections import defaultdict
from datetime import timedelta

import pytest

from shared.composition import azure_clients
from shared.composition.services import Services
from shared.config.settings import Settings
from shared.timer.run import DueWork
from tests.builders import MORNING, booking_request, london, session_cells
from tests.fakes import FakeClock, FakeMailSender, FakeTable
from tests.unit.functions.test_app_roles import EVERYTHING

OPEN, PEOPLE, PAST = 52, 500, 1000
QUIET = 1 + 2 * OPEN + 4  # the schedule; rosters and email logs; the service's notes, limits, referrals, the heartbeat


class Timer:
    """A year of open sessions that 500 people have booked, each of whom has a confirmation; and sessions long over."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.clock = FakeClock(MORNING)
        self.tables: defaultdict[str, FakeTable] = defaultdict(lambda: FakeTable(self.clock))
        monkeypatch.setattr(azure_clients, "tables", lambda _: self.tables.__getitem__)
        monkeypatch.setattr(azure_clients, "mail_sender", lambda _: FakeMailSender())
        self.services = Services(Settings.from_environment(EVERYTHING | {"SERVICE_ROLE": "all"}), self.clock)
        for number in range(OPEN):
            day = london("2023-10-01 12:00") + timedelta(weeks=number)
            self.add_session(f"s{number:02}", f"{day:%Y-%m-%d}")
        for number in range(PEOPLE):
            self.book(f"s{number % OPEN:02}", f"person{number}@nhs.net")

    def add_session(self, session_id: str, day: str) -> None:
        self.tables["Sessions"].put(session_cells(RowKey=session_id, Date=day, Capacity=20))

    def book(self, session_id: str, address: str) -> None:
        request = booking_request(session_id=session_id, email=address)
        [mail_id] = self.services.bookings.places.book(request, self.clock()).mail_ids
        cells = {"PartitionKey": session_id, "RowKey": mail_id, "State": "sent", "Version": 1}
        self.tables["MailLog"].put(cells | {"At": "2023-09-01T08:00:00Z"})

    def tick(self) -> DueWork:
        self.clock.moment += timedelta(minutes=5)
        return self.services.timer_run.run(self.clock())

    def cost(self) -> tuple[int, int]:
        """Requests of one run in which nothing is due, and rows that it wrote."""
        calls, before = sum(table.calls for table in self.tables.values()), self._etags()
        assert self.tick() == DueWork((), ())
        report = self.services.heartbeat.last()
        assert report is not None
        assert report.at == self.clock()
        calls += 1  # to look at the heartbeat
        return sum(table.calls for table in self.tables.values()) - calls, len(self._etags() - before)

    def _etags(self) -> set[tuple[str, str]]:
        return {(name, row.etag) for name, table in self.tables.items() for row in table.rows.values()}


@pytest.fixture
def timer(monkeypatch: pytest.MonkeyPatch) -> Timer:
    return Timer(monkeypatch)


def test_a_run_with_nothing_due_looks_at_each_open_session_and_writes_its_heartbeat(timer: Timer) -> None:
    timer.tick()

    assert [timer.cost() for _ in range(3)] == [(QUIET, 1)] * 3


def test_a_thousand_past_sessions_cost_no_request_and_no_row(timer: Timer) -> None:
    for number in range(PAST):
        timer.add_session(f"past-{number:04}", "2023-08-01")
    for _ in range(2):  # the first marks them, the second sees what the first wrote
        timer.tick()
    before = timer.tables["Sessions"].calls

    assert timer.cost() == (QUIET, 1)
    assert timer.tables["Sessions"].calls == before + 1
