"""One cell `Announced` that someone edited stops no page, no run of the timer and no other session."""

from typing import Any

import azure.functions as func
import pytest

from functions.bookings import steps
from tests.builders import MORNING, session_cells
from tests.unit.functions import http_requests
from tests.unit.functions.bookings.in_memory_app import InMemoryApp
from tests.unit.shared.bookings.unreadable_cells import UNREADABLE


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
