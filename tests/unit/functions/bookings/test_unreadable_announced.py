"""One cell `Announced` that someone edited stops no page, no run of the timer and no other session."""

import json
from collections import defaultdict
from typing import Any

import azure.functions as func
import pytest

import shared.bootstrap
from functions import timer
from functions.bookings import book, steps
from shared.composition import azure_clients
from shared.composition.services import Services
from shared.config.settings import Settings
from tests.builders import MORNING, session_cells
from tests.fakes import FakeMailSender, FakeTable
from tests.unit.functions import http_requests
from tests.unit.functions.test_app_roles import EVERYTHING
from tests.unit.shared.bookings.unreadable_cells import UNREADABLE


class InMemoryApp:
    """The handlers over the real services, built as in Azure, with tables in memory."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tables: defaultdict[str, FakeTable] = defaultdict(FakeTable)
        monkeypatch.setattr(azure_clients, "tables", lambda _: self.tables.__getitem__)
        monkeypatch.setattr(azure_clients, "mail_sender", lambda _: FakeMailSender())
        built = Services(Settings.from_environment(EVERYTHING | {"SERVICE_ROLE": "all"}), lambda: MORNING)
        for module in (book, steps, timer, shared.bootstrap):
            monkeypatch.setattr(module, "services", lambda: built)

    def listed(self) -> list[str]:
        answer = book.list_sessions(http_requests.get(accept="application/json"))
        assert answer.status_code == 200
        return [each["id"] for each in json.loads(answer.get_body())["sessions"]]

    def tick(self) -> None:
        timer.schedule(None, http_requests.Outbox(), http_requests.Outbox())


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> InMemoryApp:
    return InMemoryApp(monkeypatch)


@pytest.mark.parametrize("text", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_pages_and_timer_go_on_for_every_session(app: InMemoryApp, text: Any) -> None:
    app.tables["Sessions"].insert(session_cells(RowKey="odd", Announced=text))
    app.tables["Sessions"].insert(session_cells(RowKey="sound"))

    assert app.listed() == ["odd", "sound"]
    form = steps.booking_form(func.HttpRequest("GET", http_requests.URL, params={}, body=b""))
    assert (form.status_code, b'value="odd"' in form.get_body(), b'value="sound"' in form.get_body()) == (
        200,
        True,
        True,
    )
    app.tick()
    beat = app.tables["Service"].get("service", "heartbeat")
    assert beat is not None
    assert beat.moment("LastOk") == MORNING
    assert "The cell Announced cannot be read" in app.tables["Sessions"].rows[("sessions", "odd")].text("Problem")
    assert app.tables["Sessions"].rows[("sessions", "sound")].text("Problem") == ""
