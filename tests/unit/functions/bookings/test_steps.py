"""The way to a booking, page by page: answers are kept, nothing is stored, and nothing of them is in an address."""

import html
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import azure.functions as func
import pytest

import shared.bootstrap
from functions.bookings import book as bookings
from functions.bookings import steps
from functions.bookings.pages import REFUSALS
from shared.bookings.model.allocation_policy import AllocationPolicy
from shared.bookings.model.attendee import AttendeeState, Reason
from shared.bookings.model.errors import (
    BookingError,
    BookingsBusyError,
    NotForOutsidersError,
    SessionClosedError,
    SessionFullError,
    SessionPastError,
    SessionUnknownError,
    SubmissionCancelledError,
    SubmissionReusedError,
    TooLateToCheckError,
    TooManyUnprovenError,
)
from shared.bookings.model.session import Session
from shared.bookings.places.bookable_session import BookableSession
from shared.bookings.places.request import BookingRequest, BookingResult
from shared.config.settings import Support
from shared.content.content import Content
from shared.signing import Signer
from shared.tables.table import StorageUnavailableError
from tests import builders
from tests.builders import MORNING
from tests.fakes import FakeClock
from tests.unit.functions import http_requests

SIGNER = Signer((b"k" * 32,))
OTHER = builders.session(id="s2", theme="Voices")
ANSWERS = {
    "session_id": "s1",
    "full_name": "Zoë Okafor",
    "email": "Zoe@Example.nhs.uk",
    "adjustments": "Captions & a break",
    "reminders": "no",
    "group_agreement": "yes",
}
CHECK = "Check your answers before you book"
AGAIN = "Check your answers and send again"


@dataclass
class FakePlaces:
    left: dict[str, int] = field(default_factory=lambda: {"s1": 3, "s2": 1})
    waiting_list: bool = True
    refusal: Exception | None = None
    booked: list[BookingRequest] = field(default_factory=list)

    def bookable_sessions(self, now: datetime) -> list[BookableSession]:
        known = (builders.session(), OTHER)
        return [BookableSession(each, self.left[each.id], self.waiting_list) for each in known if each.id in self.left]

    def bookable_session(self, session_id: str, now: datetime) -> BookableSession | None:
        return next((each for each in self.bookable_sessions(now) if each.session.id == session_id), None)

    def session(self, session_id: str) -> Session:
        return builders.session()

    def book(self, request: BookingRequest, now: datetime) -> BookingResult:
        if self.refusal:
            raise self.refusal
        self.booked.append(request)
        state = AttendeeState.WAITING if request.join_waiting_list else AttendeeState.CONFIRMED
        return BookingResult(session=builders.session(), reference="34679CDF", state=state, mail_ids=())


@dataclass
class FakeBookingServices:
    places: FakePlaces = field(default_factory=FakePlaces)
    policy: AllocationPolicy = builders.POLICY
    adjustments_are_read: bool = True
    names_go_to_facilitators: bool = False
    marks_attendance: bool = False
    email_sender: str = "sessions@trust.example"


@dataclass
class FakeServices:
    content: Content
    now: FakeClock
    closed: frozenset[Support] = frozenset()
    booking_origins: frozenset[str] = frozenset()
    site_url: str = "https://support.example"
    signer: Signer = SIGNER
    bookings: FakeBookingServices = field(default_factory=FakeBookingServices)


@pytest.fixture
def services(content: Content, monkeypatch: pytest.MonkeyPatch) -> FakeServices:
    services = FakeServices(content, FakeClock(MORNING))
    for module in (steps, bookings, shared.bootstrap):
        monkeypatch.setattr(module, "services", lambda: services)
    return services


class Shown(HTMLParser):
    """A page as a browser has it before it: its heading, where its form and its buttons lead, what they send along."""

    def __init__(self, answer: func.HttpResponse) -> None:
        super().__init__()
        self.status, self.headers = answer.status_code, answer.headers
        self.html = answer.get_body().decode()
        self.text = html.unescape(self.html)
        self.sent: dict[str, str] = {}
        self.chosen: dict[str, str] = {}
        self.actions: list[str] = []
        self.feed(self.html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.actions.insert(0, given["action"])
        if tag == "button" and "formaction" in given:
            self.actions.append(given["formaction"])
        if tag == "input" and given.get("type") == "hidden":
            self.sent[given["name"]] = given["value"]
        if tag == "input" and "checked" in given:
            self.chosen[given["name"]] = given["value"]

    @property
    def title(self) -> str:
        return self.text.partition("<title>")[2].partition(" –")[0]


def open_form(session: str = "") -> Shown:
    req = func.HttpRequest("GET", http_requests.URL, params={"session": session} if session else {}, body=b"")
    return Shown(steps.booking_form(req))


def send(handler: Any, fields: dict[str, str]) -> Shown:
    req = http_requests.form(fields)
    return Shown(handler(req, http_requests.Outbox()) if handler is bookings.book else handler(req))


def send_work(fields: dict[str, str], work: str) -> Shown:
    """The check page's address as the page about where someone works, or the way to it, names it."""
    req = http_requests.form(fields)
    asked = func.HttpRequest(
        "POST", f"{req.url}?work={work}", params={"work": work}, headers=dict(req.headers), body=req.get_body()
    )
    return Shown(steps.booking_check(asked))


def filled_in_form(services: FakeServices, **changes: str) -> dict[str, str]:
    """The answers with what the first page sent along, a minute later."""
    fields = open_form("s1").sent
    services.now.moment += timedelta(minutes=1)
    return {name: value for name, value in (ANSWERS | fields | changes).items() if value}


def test_the_browser_may_keep_the_pages_of_the_form_so_that_its_back_shows_them(services: FakeServices) -> None:
    fields = filled_in_form(services)
    services.bookings.places.refusal = SessionFullError("s1", waiting_list=True)
    shown = [
        open_form(),
        open_form("s1"),
        *(send(each, fields) for each in (steps.booking_session, steps.booking_details)),
    ]
    shown += [send(steps.booking_check, fields), send(steps.booking_check, fields | {"email": ""})]
    shown += [send(bookings.book, fields), send(bookings.book, fields | {"full_name": ""})]
    assert {each.headers["Cache-Control"] for each in shown} == {"private, no-cache"}
    services.bookings.places.refusal = None
    done = send(bookings.book, fields)
    assert done.headers["Cache-Control"] == "no-store"
    assert bookings.booking_outcome(http_requests.get_token(done.headers["Location"])).headers["Cache-Control"] == (
        "no-store"
    )


def outcome(location: str) -> dict[str, str]:
    """The outcome at this address, as an API client reads it."""
    answer = bookings.booking_outcome(http_requests.get_token(location, accept="application/json"))
    assert answer.status_code == 200
    found: dict[str, str] = json.loads(answer.get_body())
    return found


def test_a_booking_goes_from_the_session_to_the_details_to_the_check_and_is_made_once(services: FakeServices) -> None:
    choose = open_form()
    assert (choose.title, choose.actions[0]) == ("Choose a session", "/bookings/details")
    services.now.moment += timedelta(minutes=1)
    details = send(steps.booking_details, choose.sent | {"session_id": "s1"})
    assert (details.title, details.actions[0]) == ("Your details", "/bookings/check")
    check = send(steps.booking_check, details.sent | ANSWERS)
    assert (check.title, check.actions[0], services.bookings.places.booked) == (CHECK, "/bookings", [])
    done = [send(bookings.book, check.sent) for _ in range(2)]
    assert [each.status for each in done] == [303, 303]
    outcomes = [outcome(each.headers["Location"]) for each in done]
    assert outcomes[0] == outcomes[1] == {"reference": "34679CDF", "state": "confirmed"}
    assert len({each.submission_id for each in services.bookings.places.booked}) == 1
    assert services.bookings.places.booked[0].model_dump(
        include={"full_name", "email", "adjustments", "reminders"}
    ) == {
        "full_name": "Zoë Okafor",
        "email": "Zoe@example.nhs.uk",
        "adjustments": "Captions & a break",
        "reminders": False,
    }


def test_a_link_to_a_session_leads_straight_to_the_details(services: FakeServices) -> None:
    shown = open_form("s2")
    assert (shown.title, shown.sent["session_id"], "Voices" in shown.text) == ("Your details", "s2", True)
    assert 'href="/sessions"' in shown.html


def test_a_link_to_a_session_that_cannot_be_booked_any_more_says_so_and_offers_the_others(
    services: FakeServices,
) -> None:
    del services.bookings.places.left["s1"]
    shown = open_form("s1")
    assert (shown.status, "You can no longer book" in shown.text, 'value="s2"' in shown.html) == (409, True, True)


@pytest.mark.parametrize("left", [{}, {"s1": 0}])
def test_where_nothing_can_be_booked_the_list_says_it(left: dict[str, int], services: FakeServices) -> None:
    services.bookings.places.left, services.bookings.places.waiting_list = left, False
    shown = open_form()
    assert (shown.status, shown.headers["Location"]) == (303, "/sessions")


def test_each_change_keeps_every_other_answer_and_leads_straight_back(services: FakeServices) -> None:
    check = send(steps.booking_check, filled_in_form(services))
    details = send(steps.booking_details, check.sent)
    assert "Zoë Okafor" in details.text
    assert "Captions & a break" in details.text
    assert (details.chosen, details.sent["reminders"]) == ({"group_agreement": "yes"}, "no")
    assert details.actions == ["/bookings/check", "/bookings/check"]

    session = send(steps.booking_session, check.sent)
    assert (session.chosen, session.actions) == ({"session_id": "s1"}, ["/bookings/check", "/bookings/check"])
    changed = send(steps.booking_check, session.sent | {"session_id": "s2"})
    assert (changed.title, "Voices" in changed.text) == (CHECK, True)
    assert changed.sent == check.sent | {"session_id": "s2"}


def test_going_back_from_the_details_keeps_what_was_typed(services: FakeServices) -> None:
    session = send(steps.booking_session, {"session_id": "s1", "full_name": "Zoë"})
    details = send(steps.booking_details, session.sent | {"session_id": "s2"})
    assert 'value="Zoë"' in details.text


def test_a_page_is_the_same_form_all_the_way(services: FakeServices) -> None:
    fields = filled_in_form(services)
    check = send(steps.booking_check, fields)
    again = send(steps.booking_check, send(steps.booking_details, check.sent).sent | ANSWERS)
    for shown in (check, again):
        assert (shown.sent["submission_id"], shown.sent["form_token"]) == (
            fields["submission_id"],
            fields["form_token"],
        )


def test_who_reads_the_check_in_a_second_is_not_sent_back(services: FakeServices) -> None:
    check = send(steps.booking_check, filled_in_form(services))
    services.now.moment += timedelta(seconds=1)
    assert send(bookings.book, check.sent).status == 303


def test_no_session_chosen_is_a_mistake_on_the_page_that_asks_for_one(services: FakeServices) -> None:
    for handler in (steps.booking_details, steps.booking_check):
        shown = send(handler, {"full_name": "Zoë"})
        assert (shown.status, shown.title) == (422, "Error: Choose a session")
        assert "Select a session" in shown.text
        assert shown.sent["full_name"] == "Zoë"


def test_mistakes_stand_on_the_page_with_the_details_and_everything_else_is_kept(services: FakeServices) -> None:
    shown = send(steps.booking_check, filled_in_form(services, email="zoe@nowhere", group_agreement=""))
    assert (shown.status, shown.title) == (422, "Error: Your details")
    assert "Enter an email address in the correct format" in shown.text
    assert "Select the box to agree to the group rules" in shown.text
    assert "Captions & a break" in shown.text
    assert shown.sent["session_id"] == "s1"


def test_who_has_another_address_is_asked_where_they_work_before_the_check(services: FakeServices) -> None:
    fields = filled_in_form(services, email="zoe@home.example")
    asked = send(steps.booking_check, fields)
    assert (asked.status, asked.title, asked.actions[0]) == (200, "Your workplace", "/bookings/check?work=asked")
    assert asked.sent.items() >= fields.items()
    left_out = send_work(asked.sent, "asked")
    assert (left_out.status, left_out.title) == (422, "Error: Your workplace")
    assert "Select yes if you work here" in left_out.text
    check = send_work(left_out.sent | {"works_here": "yes"}, "asked")
    assert (check.status, check.title, "Do you work for Mersey Care?" in check.text) == (200, CHECK, True)


def test_the_answer_on_where_someone_works_can_be_changed_and_a_no_is_asked_again(services: FakeServices) -> None:
    fields = filled_in_form(services, email="zoe@home.example", works_here="yes")
    check = send(steps.booking_check, fields)
    assert "/bookings/check?work=change" in check.actions
    change = send_work(check.sent, "change")
    assert (change.status, change.title, change.chosen) == (200, "Your workplace", {"works_here": "yes"})
    assert "works_here" not in send(steps.booking_details, fields | {"works_here": "no"}).sent
    assert send(steps.booking_details, fields).sent["works_here"] == "yes"


def test_who_has_a_work_address_is_never_asked_where_they_work(services: FakeServices) -> None:
    shown = [open_form("s1"), send(steps.booking_check, filled_in_form(services))]
    assert [each for each in shown if "Do you work for" in each.text] == []


def test_a_form_sent_without_the_answer_on_where_someone_works_is_asked_for_it(services: FakeServices) -> None:
    shown = send(bookings.book, filled_in_form(services, email="zoe@home.example"))
    assert (shown.status, shown.title, services.bookings.places.booked) == (422, "Error: Your workplace", [])


def test_who_does_not_work_here_is_told_before_they_confirm_and_can_mend_it(services: FakeServices) -> None:
    shown = send(steps.booking_check, filled_in_form(services, email="zoe@home.example", works_here="no"))
    assert (shown.status, "Error" in shown.title, "for people who work for Mersey Care" in shown.text) == (
        409,
        False,
        True,
    )
    assert "/bookings/details" in shown.actions
    assert shown.sent["email"] == "zoe@home.example"


def test_a_session_that_went_meanwhile_leaves_the_answers_and_the_others(services: FakeServices) -> None:
    fields = filled_in_form(services)
    del services.bookings.places.left["s1"]
    for handler in (steps.booking_details, steps.booking_check):
        shown = send(handler, fields)
        assert (shown.status, shown.title, shown.sent["full_name"]) == (409, "Choose another session", "Zoë Okafor")
        assert "Your other answers are still here" in shown.text


def test_a_full_session_is_a_place_on_its_waiting_list_from_the_first_page_to_the_last(services: FakeServices) -> None:
    services.bookings.places.left["s1"] = 0
    details, check = open_form("s1"), send(steps.booking_check, filled_in_form(services))
    assert "you can join its waiting list" in details.text
    assert (check.sent["join_waiting_list"], "Confirm and join the waiting list" in check.text) == ("yes", True)
    assert outcome(send(bookings.book, check.sent).headers["Location"])["state"] == "waiting"


def test_whoever_reads_that_they_book_is_never_put_on_a_list_instead(services: FakeServices) -> None:
    check = send(steps.booking_check, filled_in_form(services, join_waiting_list="yes"))
    assert ("join_waiting_list" in check.sent, "Confirm and book" in check.text) == (False, True)


def test_who_was_too_late_joins_the_list_with_one_button_and_the_same_form(services: FakeServices) -> None:
    check = send(steps.booking_check, filled_in_form(services))
    services.bookings.places.refusal = SessionFullError("s1", waiting_list=True)
    late = send(bookings.book, check.sent)
    assert (late.status, late.title, late.sent) == (409, "This session is full", check.sent)
    assert "Join the waiting list" in late.text
    services.bookings.places.refusal = None
    done = send(bookings.book, late.sent | {"join_waiting_list": "yes"})
    assert (done.status, outcome(done.headers["Location"])["state"]) == (303, "waiting")


@pytest.mark.parametrize(
    ("error", "status", "way_on"),
    [
        (SessionFullError("s1"), 409, "/bookings/session"),
        (SessionPastError("s1"), 409, "/bookings/session"),
        (SessionClosedError("s1"), 409, "/bookings/session"),
        (SessionUnknownError(), 404, "/bookings/session"),
        (NotForOutsidersError(), 409, "/bookings/details"),
        (TooLateToCheckError(), 409, "/bookings/details"),
        (TooManyUnprovenError("s1"), 409, "/bookings/details"),
        (BookingsBusyError("s1"), 503, "/bookings"),
        (StorageUnavailableError(), 503, "/bookings"),
    ],
)
def test_whatever_stands_in_the_way_the_answers_are_kept_and_there_is_a_way_on(
    error: Exception, status: int, way_on: str, services: FakeServices
) -> None:
    services.bookings.places.refusal = error
    check = send(steps.booking_check, filled_in_form(services))
    shown = send(bookings.book, check.sent)
    assert (shown.status, shown.title.startswith("Error"), way_on in shown.actions) == (status, False, True)
    assert shown.sent == check.sent
    assert ("Retry-After" in shown.headers) is (status == 503)


def test_a_form_that_was_sent_with_other_answers_is_not_sent_again(services: FakeServices) -> None:
    services.bookings.places.refusal = SubmissionReusedError("s1")
    shown = send(bookings.book, filled_in_form(services))
    assert (shown.status, "You have already sent this form" in shown.text, shown.sent) == (409, True, {})


@pytest.mark.parametrize(
    ("reason", "heading"),
    [
        (Reason.LEFT, "You cancelled this booking"),
        (Reason.MOVED, "You moved this booking to another session"),
        (Reason.BY_ORGANISER, "This booking was cancelled"),
        (Reason.NOT_CHECKED, "This booking was cancelled"),
        ("", "This booking was cancelled"),
        ("typed by hand", "This booking was cancelled"),
    ],
)
def test_a_form_sent_again_after_its_booking_was_cancelled_leads_to_another_booking_with_the_answers_kept(
    reason: str, heading: str, services: FakeServices
) -> None:
    services.bookings.places.refusal = SubmissionCancelledError("s1", str(reason))
    sent = send(steps.booking_check, filled_in_form(services)).sent
    shown = send(bookings.book, sent)

    assert (shown.status, shown.title, f"<h1>{heading}</h1>" in shown.html) == (409, heading, True)
    assert "kept your first answers" not in shown.text
    assert shown.actions == ["/bookings/check", "/bookings/session"]
    own = {"submission_id", "form_token"}
    assert {name: each for name, each in shown.sent.items() if name not in own} == {
        name: each for name, each in sent.items() if name not in own
    }
    assert shown.sent["submission_id"] != sent["submission_id"]
    assert not any(answer in address for address in shown.actions for answer in ("Zo", "Captions"))
    services.bookings.places.refusal = None
    check = send(steps.booking_check, shown.sent)
    services.now.moment += timedelta(seconds=4)
    assert (check.status, send(bookings.book, check.sent).status) == (200, 303)
    [booked] = services.bookings.places.booked
    assert (booked.full_name, booked.submission_id) == ("Zoë Okafor", shown.sent["submission_id"])


def test_a_program_that_sends_a_cancelled_booking_again_gets_a_problem_of_its_own(services: FakeServices) -> None:
    services.bookings.places.refusal = SubmissionCancelledError("s1", str(Reason.LEFT))
    answer = raw_answer(bookings.book, http_requests.json_post({**ANSWERS, "group_agreement": True}))

    assert (answer.status_code, answer.mimetype) == (409, "application/problem+json")
    assert json.loads(answer.get_body())["type"] == "/problems/booking-cancelled"


@pytest.mark.parametrize("handler", [steps.booking_session, steps.booking_details, steps.booking_check])
def test_a_form_of_two_days_ago_goes_on_with_its_answers_and_a_fresh_token(
    handler: Any, services: FakeServices
) -> None:
    fields = filled_in_form(services)
    services.now.moment += timedelta(days=2)
    shown = send(handler, fields)
    assert shown.status == 200
    assert shown.sent["form_token"] != fields["form_token"]
    assert shown.sent["submission_id"] == fields["submission_id"]
    assert "Zoë Okafor" in shown.text


def test_a_check_of_two_days_ago_comes_back_to_be_confirmed_once_more(services: FakeServices) -> None:
    check = send(steps.booking_check, filled_in_form(services))
    services.now.moment += timedelta(days=2)
    again = send(bookings.book, check.sent)
    assert (again.status, again.title, AGAIN in again.text) == (422, f"Error: {CHECK}", True)
    services.now.moment += timedelta(seconds=4)
    assert send(bookings.book, again.sent).status == 303


def test_autofilled_honeypot_field_costs_no_one_their_place(services: FakeServices) -> None:
    fields = filled_in_form(services)
    shown = send(steps.booking_check, fields | {"left_blank": "http://filled.example"})
    assert (shown.status, shown.title, "filled.example" in shown.html) == (422, "Error: Your details", False)
    assert send(steps.booking_check, fields).status == 200


def test_step_pages_refuse_json_empty_bodies_and_cross_site_forms(services: FakeServices) -> None:
    for handler in (steps.booking_session, steps.booking_details, steps.booking_check):
        assert handler(http_requests.json_post(ANSWERS)).status_code == 415
        assert handler(http_requests.post(b"")).status_code == 400
        assert handler(http_requests.form(ANSWERS, origin="https://evil.example")).status_code == 403


def test_get_on_a_form_step_redirects_to_the_start(services: FakeServices) -> None:
    for handler in (steps.booking_session, steps.booking_details, steps.booking_check):
        answer = handler(http_requests.get())
        assert (answer.status_code, answer.headers["Location"]) == (303, "/bookings/new")


def test_hostile_answers_are_shown_and_never_obeyed(services: FakeServices) -> None:
    hostile = "<script>alert(1)</script>\"' onload=x {{7*7}}"
    shown = send(steps.booking_check, filled_in_form(services, adjustments=hostile))
    assert (shown.sent["adjustments"], hostile in shown.text) == (hostile, True)
    assert "<script>alert" not in shown.html
    wrong = send(
        steps.booking_check, filled_in_form(services, full_name=hostile, submission_id=hostile, form_token=hostile)
    )
    assert (wrong.status, "<script>alert" in wrong.html, hostile in wrong.sent.values()) == (422, False, False)


# Closed.

HANDLERS: list[Any] = [bookings.list_sessions, bookings.session_feed, steps.booking_form]
SENDING: list[Any] = [steps.booking_session, steps.booking_details, steps.booking_check, bookings.book]


def raw_answer(handler: Any, req: func.HttpRequest) -> func.HttpResponse:
    answer = handler(req, http_requests.Outbox()) if handler is bookings.book else handler(req)
    assert isinstance(answer, func.HttpResponse)
    return answer


def test_while_booking_is_closed_every_page_says_so_and_where_else_to_turn(services: FakeServices) -> None:
    fields = filled_in_form(services)
    services.closed = frozenset({Support.BOOKINGS})
    asked = [(handler, http_requests.get()) for handler in HANDLERS] + [
        (each, http_requests.form(fields)) for each in SENDING
    ]
    for handler, req in asked:
        answer = raw_answer(handler, req)
        page = answer.get_body().decode()
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "86400")
        assert services.content.closed.bookings is not None
        assert f"<h1>{services.content.closed.bookings.title}</h1>" in page
        assert all(f'href="{each}"' in page for each in ("/one-to-one", "/help-now", "/resources"))
        assert "quote this code" not in page
    assert services.bookings.places.booked == []


def test_while_booking_is_closed_a_program_is_told_and_nothing_is_stored(
    services: FakeServices, caplog: pytest.LogCaptureFixture
) -> None:
    services.closed = frozenset({Support.BOOKINGS})
    answer = raw_answer(bookings.book, http_requests.json_post({**ANSWERS, "group_agreement": True}))
    assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
    assert json.loads(answer.get_body())["type"] == "/problems/bookings-closed"
    assert services.bookings.places.booked == []
    assert {record.levelname for record in caplog.records} == {"INFO"}


def test_while_only_the_other_kind_is_closed_booking_goes_on(services: FakeServices) -> None:
    services.closed = frozenset({Support.ONE_TO_ONE})
    assert send(bookings.book, filled_in_form(services)).status == 303


def test_what_was_booked_before_can_still_be_looked_at(services: FakeServices) -> None:
    location = send(bookings.book, filled_in_form(services)).headers["Location"]
    services.closed = frozenset(Support)
    assert bookings.booking_outcome(http_requests.get_token(location)).status_code == 200


def test_every_booking_error_is_a_refusal_page_or_a_listed_exception() -> None:
    """A new error of bookings has to be thought about: whether its answers are kept."""
    known = {each for each in _family(BookingError) if issubclass(each, REFUSALS)}
    assert {each.__name__ for each in _family(BookingError) - known} == {
        "BookingError",
        "LinkUnknownError",
        "MoveUnderWayError",
        "TooLateError",
        "SubmissionReusedError",
    }


def _family(kind: type[Exception]) -> set[type[Exception]]:
    return {kind}.union(*(_family(child) for child in kind.__subclasses__()))
