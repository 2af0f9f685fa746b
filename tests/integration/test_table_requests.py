"""Requests that reach real tables, counted in Azurite's access log: the list of sessions, and a run of the timer."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from azure.data.tables import TableClient

from local.setup.keys import new_keys
from local.stack import environment
from local.stack.azurite import running_azurite
from local.stack.tables_and_queues import create_storage
from shared.composition.services import Services
from shared.config.settings import Settings
from tests.builders import booking_request, session_cells

OPEN, PAST = 25, 30
NOWHERE = "http://127.0.0.1:9"


class CountedStorage:
    """Open sessions and past ones in real tables, and the requests that reach them."""

    def __init__(self, settings: dict[str, str], log: Path) -> None:
        self._log = log
        self.now = datetime.now(UTC)
        self.services = Services(Settings.from_environment(settings), lambda: self.now)
        with TableClient.from_connection_string(settings["BOOKINGS_STORAGE"], "Sessions") as sessions:
            for number in range(OPEN):
                self._add(sessions, f"open-{number:02}", self.now + timedelta(days=number + 30))
            for number in range(PAST):
                self._add(sessions, f"past-{number:02}", self.now - timedelta(days=number + 2))

    def _add(self, sessions: TableClient, session_id: str, day: datetime) -> None:
        sessions.create_entity(session_cells(RowKey=session_id, Date=f"{day:%Y-%m-%d}", Capacity=3))

    def requests(self, act: Callable[[], object]) -> list[str]:
        """The lines of the access log that are about tables."""
        time.sleep(0.3)  # Azurite writes its log after it answers
        before = len(self._log.read_text("utf-8").splitlines())
        act()
        time.sleep(0.3)
        return self._log.read_text("utf-8").splitlines()[before:]

    def listed(self) -> dict[str, int]:
        found = self.services.bookings.places.bookable_sessions(self.now)
        return {each.session.id: each.places_left for each in found}

    def tick(self) -> None:
        self.services.timer_run.run(self.now)


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[CountedStorage]:
    log = tmp_path / "access.log"
    with running_azurite(access_log=log) as azurite:
        settings = environment.settings(azurite=azurite, mail_url=NOWHERE, site_url=NOWHERE, keys=new_keys())
        settings |= {"ORGANISER_EMAIL": "", "OPERATORS_EMAIL": ""}
        create_storage(settings)
        yield CountedStorage(settings, log)


def test_the_list_and_the_timer_cost_real_tables_what_they_show(storage: CountedStorage) -> None:
    storage.tick()
    booked = storage.services.bookings.places.book(booking_request(session_id="open-07", works_here="yes"), storage.now)
    assert booked.state == "to-check"
    first, warm = storage.requests(storage.listed), storage.requests(storage.listed)

    assert [_table_of(line) for line in first] == ["Sessions", "Bookings", "Bookings"], "one more for who is to check"
    assert [_table_of(line) for line in warm] == ["Sessions"]
    assert storage.listed() == {f"open-{number:02}": 2 if number == 7 else 3 for number in range(OPEN)}

    time.sleep(7)  # past the seconds for which an answer of storage may have been under way
    storage.tick()
    time.sleep(7)
    storage.tick()
    tables = [_table_of(line) for line in storage.requests(storage.tick)]
    assert tables.count("Sessions") == 1
    assert tables.count("Bookings") == tables.count("MailLog") == OPEN
    assert len(tables) == 1 + 2 * OPEN + 4, "beside the sessions: notes, limits of addresses, referrals, the heartbeat"


def _table_of(line: str) -> str:
    """The table in a line such as `... "GET /devstoreaccount1/Sessions()?$filter=... HTTP/1.1" 200 -`."""
    return line.split("/devstoreaccount")[1].split("/", 1)[1].split("(", maxsplit=1)[0]
