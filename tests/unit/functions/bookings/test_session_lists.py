"""The pages that list sessions: what they remember decides nothing, and the list is rendered once for all."""

from itertools import count
from typing import Any

import azure.functions as func
import pytest

from functions.bookings import book, list_page, steps
from functions.bookings.list_page import ListPage
from functions.bookings.session_view import SessionView
from shared.bookings.places.service import BookingService
from shared.content.content import Content
from tests import builders
from tests.builders import MORNING, booking_request, other_content, session_cells
from tests.unit.functions import http_requests
from tests.unit.functions.in_memory_app import InMemoryApp


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> InMemoryApp:
    app = InMemoryApp(monkeypatch)
    app.tables["Sessions"].insert(session_cells(Capacity=1, WaitingList="no"))
    app.tables["Sessions"].insert(session_cells(RowKey="s2"))
    return app


def elsewhere(app: InMemoryApp) -> BookingService:
    """The bookings of another process."""
    places: BookingService = app.built.bookings.places
    return BookingService(places.store, places.key, log=places.log, policy=places.policy)


def opened(session_id: str) -> func.HttpResponse:
    request = func.HttpRequest("GET", http_requests.URL, params={"session": session_id}, body=b"")
    page: func.HttpResponse = steps.booking_form(request)
    return page


def cost(app: InMemoryApp, request: Any) -> int:
    before = sum(table.calls for table in app.tables.values())
    request()
    return sum(table.calls for table in app.tables.values()) - before


def test_a_session_that_became_free_elsewhere_is_not_called_full(app: InMemoryApp) -> None:
    booked = elsewhere(app).book(booking_request(works_here="yes"), MORNING)
    assert app.sessions()[0]["places_left"] == 0
    [row] = app.tables["Bookings"].query(Reference=booked.reference)
    app.tables["Bookings"].merge({"PartitionKey": "s1", "RowKey": row.key, "State": "cancelled"}, row.etag)

    assert app.sessions()[0]["places_left"] == 0, "the list remembers"
    page = opened("s1")
    assert page.status_code == 200
    assert b"You can no longer book" not in page.get_body()


def test_a_session_that_became_full_elsewhere_is_not_offered_as_free(app: InMemoryApp) -> None:
    app.sessions()
    elsewhere(app).book(booking_request(works_here="yes"), MORNING)

    assert app.sessions()[0]["places_left"] == 1, "the list remembers"
    for answer in (opened("s1"), steps.booking_details(http_requests.form({"session_id": "s1"}))):
        assert answer.status_code == 409
        assert b"You can no longer book" in answer.get_body()


def test_a_page_about_one_session_reads_that_session_and_its_places_only(app: InMemoryApp) -> None:
    for number in range(50):
        app.tables["Sessions"].insert(session_cells(RowKey=f"more-{number}"))

    assert cost(app, lambda: opened("s2")) == 2
    assert cost(app, lambda: steps.booking_details(http_requests.form({"session_id": "s2"}))) == 2


def test_lists_and_choices_share_what_they_remember(app: InMemoryApp) -> None:
    app.sessions()

    assert cost(app, lambda: book.list_sessions(http_requests.get(accept="text/html"))) == 1
    assert cost(app, lambda: opened("")) == 1
    assert cost(app, lambda: steps.booking_session(http_requests.form({"session_id": "s2"}))) == 1


def test_the_list_is_rendered_anew_only_when_it_says_something_else(
    content: Content, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = count(1)
    monkeypatch.setattr(list_page, "render", lambda *_, **__: f"page {next(numbers)}")
    page = ListPage()

    def view(left: int) -> SessionView:
        return SessionView.of(builders.session(), content, left)

    assert [page.html(content, [view(3)]) for _ in range(3)] == ["page 1"] * 3
    assert page.html(content, [view(2)]) == "page 2"
    assert page.html(content, []) == "page 3"
    assert page.html(other_content(), []) == "page 4"


def test_the_calendar_of_the_sessions_shares_what_the_list_remembers(app: InMemoryApp) -> None:
    app.sessions()

    assert cost(app, lambda: book.session_feed(http_requests.get())) == 1
    answer = book.session_feed(http_requests.get())
    assert (answer.status_code, answer.mimetype) == (200, "text/calendar")
    assert answer.get_body().count(b"BEGIN:VEVENT") == 2
    assert b'href="/sessions.ics"' in app.page(book.list_sessions).get_body()
