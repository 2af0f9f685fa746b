"""Self-service: the pages and actions for the holder of a booking's link."""

import html
import inspect
import json
import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import azure.functions as func
import pytest

import functions.bookings.change_details
import functions.bookings.manage
import shared.bootstrap
from functions.bookings.booking_view import BookingView
from functions.bookings.change_details import change_details, details_form
from functions.bookings.manage import (
    calendar,
    cancel_booking,
    cancel_form,
    manage_booking,
    move_booking,
    move_form,
    prove_address,
    set_reminders,
)
from functions.forms.tokens import TOKEN as TOKEN_FIELD
from functions.forms.tokens import issue_token
from shared.bookings.model.attendee import AttendeeState, Reason
from shared.bookings.model.errors import (
    BookingsBusyError,
    MoveUnderWayError,
    SessionClosedError,
    SessionFullError,
    SessionPastError,
    SessionUnknownError,
    TooLateToCheckError,
)
from shared.bookings.model.session import SessionState
from shared.bookings.self_service.service import SelfService
from shared.content.content import Content
from shared.signing import Signer
from tests.builders import MORNING
from tests.fakes import FakeClock
from tests.unit.functions import http_requests
from tests.unit.functions.bookings.fake_self_service import (
    CALENDAR,
    CHECKING,
    CONFIRMED,
    GONE,
    NEW_TOKEN,
    NEXT,
    TOKEN,
    FakeSelfService,
    bookable_sessions,
    booking,
)
from tests.unit.functions.fake_services import SIGNER
from tests.unit.functions.html_page import Page

SITE = "https://support.example"
JOIN = "https://teams.example/join/1"
LOOKS = {
    "page": manage_booking,
    "cancel": cancel_form,
    "move": move_form,
    "details": details_form,
    "calendar": calendar,
}
ACTS = {
    "prove": prove_address,
    "cancel": cancel_booking,
    "move": move_booking,
    "reminders": set_reminders,
    "details": change_details,
}
DETAILS = {"full_name": "Zoë Other", "adjustments": "Captions", "share_adjustments": "yes", "reminders": "no"}
ANSWERS = {
    "prove": {},
    "cancel": {},
    "move": {"session_id": "s2"},
    "reminders": {"reminders": "no"},
    "details": DETAILS,
}


@dataclass
class FakeBookingServices:
    self_service: FakeSelfService = field(default_factory=FakeSelfService)
    adjustments_are_read: bool = True
    names_go_to_facilitators: bool = False
    marks_attendance: bool = False


@dataclass
class FakeServices:
    content: Content
    bookings: FakeBookingServices = field(default_factory=FakeBookingServices)
    now: FakeClock = field(default_factory=lambda: FakeClock(MORNING))
    site_url: str = SITE
    signer: Signer = SIGNER


@pytest.fixture
def services(content: Content, monkeypatch: pytest.MonkeyPatch) -> FakeServices:
    services = FakeServices(content)
    for module in (functions.bookings.manage, functions.bookings.change_details, shared.bootstrap):
        monkeypatch.setattr(module, "services", lambda: services)
    return services


def look(name: str = "page", token: str = TOKEN, done: str = "", **headers: str) -> func.HttpResponse:
    params = {"done": done} if done else {}
    named = {"accept": http_requests.BROWSER} | headers
    req = func.HttpRequest("GET", SITE, headers=named, params=params, route_params={"token": token}, body=b"")
    answer = LOOKS[name](req)
    assert isinstance(answer, func.HttpResponse)
    return answer


def act(
    name: str, answers: dict[str, str] | None = None, token: str = TOKEN, outbox: Any = None, **headers: str
) -> func.HttpResponse:
    body = urlencode((ANSWERS[name] if answers is None else answers) | ripe(name, token)).encode()
    named = {"accept": http_requests.BROWSER, "content-type": http_requests.FORM} | headers
    req = func.HttpRequest("POST", SITE, headers=named, route_params={"token": token}, body=body)
    queue = [] if name in {"reminders", "details"} else [outbox or http_requests.Outbox()]
    answer = ACTS[name](req, *queue)
    assert isinstance(answer, func.HttpResponse)
    return answer


def ripe(name: str, link: str, seconds: float = 60) -> dict[str, str]:
    """The token of the act's page as it was opened so many seconds ago, for the booking as it stands."""
    known: Any = shared.bootstrap.services()
    subject = f"{link}/{known.bookings.self_service.booking.attendee.generation}"
    return {TOKEN_FIELD: issue_token(SIGNER, f"manage-{name}", subject, known.now() - timedelta(seconds=seconds))}


def follow(answer: func.HttpResponse) -> str:
    """The text of the page that the browser is sent on to."""
    path, _, query = answer.headers["Location"].partition("?")
    return text(look(token=path.removeprefix("/manage/"), done=query.removeprefix("done=")))


def text(answer: func.HttpResponse) -> str:
    """The text that a person reads, in one line."""
    body = answer.get_body().decode().partition("<main")[2]
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", body)).split())


def posts(answer: func.HttpResponse) -> list[str]:
    """The addresses that the page's forms are sent to."""
    return re.findall(r'<form method="post" action="([^"]*)"', answer.get_body().decode())


# Looking


@pytest.mark.parametrize("name", LOOKS)
def test_a_mail_scanner_may_open_every_link_a_hundred_times_and_nothing_changes(
    name: str, services: FakeServices
) -> None:
    before = services.bookings.self_service.booking

    assert {look(name, purpose="prefetch").status_code for _ in range(100)} == {200}
    assert (services.bookings.self_service.acts, services.bookings.self_service.booking) == ([], before)


def bindings() -> list[dict[str, Any]]:
    app = func.FunctionApp()
    app.register_functions(functions.bookings.manage.bp)
    app.register_functions(functions.bookings.change_details.bp)
    triggers = [each.get_trigger() for each in app.get_functions()]
    return [trigger.get_dict_repr() for trigger in triggers if trigger is not None]


def test_each_address_takes_get_and_head_or_post_and_nothing_else_and_needs_no_account() -> None:
    found = {(each["route"], *(str(method) for method in each["methods"])) for each in bindings()}

    assert found == {
        ("manage/{token}", "GET", "HEAD"),
        ("manage/{token}/prove", "POST"),
        ("manage/{token}/cancel", "GET", "HEAD"),
        ("manage/{token}/cancel", "POST"),
        ("manage/{token}/move", "GET", "HEAD"),
        ("manage/{token}/move", "POST"),
        ("manage/{token}/reminders", "POST"),
        ("manage/{token}/details", "GET", "HEAD"),
        ("manage/{token}/details", "POST"),
        ("calendar/{token}", "GET", "HEAD"),
    }
    assert {str(each["authLevel"]).casefold().rpartition(".")[2] for each in bindings()} == {"anonymous"}


STATES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "confirmed": ({}, ["Your place is booked", "Join the session", "Cancel your place", "Add the session to your"]),
    "confirmed, no link yet": ({"session": {"join_url": ""}}, ["We will send you the link to join before the session"]),
    "to check": (
        {"state": AttendeeState.TO_CHECK},
        ["Your place is held", "need to check that you work for Mersey Care"],
    ),
    "waiting": (
        {"state": AttendeeState.WAITING, "position": 4},
        ["You are on the waiting list", "You are number 4 on the waiting list", "Leave the waiting list"],
    ),
    "waiting for room on the list": (
        {"state": AttendeeState.WAITING, "needs_check": True, "reason": Reason.LIST_FULL},
        ["The waiting list is full at the moment", "We keep your booking", "in the order of booking, and we email you"],
    ),
    "held, to be proved": (
        {"state": AttendeeState.TO_CHECK, "needs_check": True, "never_acted": True},
        ["Confirm your email address", "We hold a place for you", "keep my place", "You can do this until Thursday 7"],
    ),
    "waiting, to be proved": (
        {"state": AttendeeState.WAITING, "needs_check": True, "never_acted": True},
        ["Confirm your email address", "We do not hold a place for you", "Yes, this is my email address"],
    ),
    "not proved in time": (
        {"state": AttendeeState.CANCELLED, "reason": Reason.NOT_PROVED},
        ["You do not have a place", "No one confirmed the email address in time"],
    ),
    "emails came back": (
        {"state": AttendeeState.CANCELLED, "reason": Reason.BOUNCED},
        ["You do not have a place", "Our emails to you were returned"],
    ),
    "cancelled": (
        {"state": AttendeeState.CANCELLED, "reason": Reason.LEFT},
        ["Your booking is cancelled", "You have cancelled this booking", "Book again", "remove it from your calendar"],
    ),
    "moved": (
        {"state": AttendeeState.CANCELLED, "reason": Reason.MOVED},
        ["You do not have a place", "You moved to another session"],
    ),
    "not checked in time": (
        {"state": AttendeeState.CANCELLED, "reason": Reason.NOT_CHECKED},
        ["You do not have a place", "We could not confirm in time that you work for Mersey Care"],
    ),
    "cancelled by the organiser": (
        {"state": AttendeeState.CANCELLED, "reason": Reason.BY_ORGANISER},
        ["You do not have a place", "team that organises the sessions has cancelled this booking"],
    ),
    "session cancelled": (
        {"session": {"state": SessionState.CANCELLED}},
        ["This session is cancelled", "will not take place", "Book another session"],
    ),
}


@pytest.mark.parametrize("state", STATES)
def test_the_page_says_how_the_booking_stands(state: str, services: FakeServices) -> None:
    facts, words = STATES[state]
    services.bookings.self_service.booking = booking(**facts)
    shown = text(look())

    assert [each for each in words if each not in shown] == []
    assert "Friday 8 September 2023, 3pm to 4:15pm" in shown
    assert "34679CDF" in shown


@pytest.mark.parametrize("state", STATES)
def test_only_who_has_a_place_for_certain_sees_how_to_join(state: str, services: FakeServices) -> None:
    facts, _ = STATES[state]
    services.bookings.self_service.booking = booking(**({"session": {"join_url": JOIN}} | facts))

    for name in ("page", "cancel", "move"):
        assert (JOIN in look(name).get_body().decode()) == (state == "confirmed" and name == "page")


@pytest.mark.parametrize(("minutes", "shown"), [(-1, True), (0, True), (74, True), (75, False)])
def test_the_way_in_is_shown_until_the_session_is_over(minutes: int, shown: bool, services: FakeServices) -> None:
    services.now.moment = services.bookings.self_service.booking.session.starts + timedelta(minutes=minutes)

    assert (JOIN in look().get_body().decode()) == shown


@pytest.mark.parametrize("state", STATES)
def test_no_page_names_the_person_beyond_the_first_letter(state: str, services: FakeServices) -> None:
    facts, _ = STATES[state]
    services.bookings.self_service.booking = booking(**facts)

    assert "Booking of Z." in text(look())
    for name in ("page", "cancel", "move"):
        body = look(name).get_body().decode()
        assert not re.search("Zoë|Okafor|zoe@example|booking-a", body)


@pytest.mark.parametrize(
    ("name", "initial"),
    [
        ("zoë Okafor", "z"),
        ("’Ọ́káfọ̀", "Ọ́"),
        ("O\u0323\u0301ka", "Ọ\u0301"),
        ("李小龍", "李"),
        ("أحمد", "أ"),
        ("!? 7", ""),
    ],
)
def test_a_first_letter_is_a_letter_with_its_marks_in_any_script(name: str, initial: str, content: Content) -> None:
    assert BookingView.of(TOKEN, booking(name=name), content, MORNING).initial == initial


def test_a_page_without_a_letter_to_show_does_without(services: FakeServices) -> None:
    services.bookings.self_service.booking = booking(name="")

    assert "Booking of" not in text(look())
    assert "Your place is booked" in text(look())


@pytest.mark.parametrize("state", ["cancelled", "moved", "not checked in time", "session cancelled"])
def test_where_nothing_can_be_changed_nothing_is_offered(state: str, services: FakeServices) -> None:
    facts, _ = STATES[state]
    services.bookings.self_service.booking = booking(**facts)

    assert posts(look()) == []
    assert "/sessions" in look().get_body().decode()
    for name in ("cancel", "move", "details"):
        assert (look(name).status_code, look(name).headers["Location"]) == (303, f"/manage/{TOKEN}")


def test_every_form_is_sent_to_its_own_booking(services: FakeServices) -> None:
    assert posts(look()) == [f"/manage/{TOKEN}/reminders"]
    assert posts(look("cancel")) == [f"/manage/{TOKEN}/cancel"]
    assert posts(look("move")) == [f"/manage/{TOKEN}/move"]
    assert posts(look("details")) == [f"/manage/{TOKEN}/details"]


def test_only_who_has_a_place_is_offered_calendars_on_the_web_and_they_are_not_told_the_link(
    services: FakeServices,
) -> None:
    shown, outside = {}, re.compile(r'href="(https://(?:outlook|calendar)\.[^"]+)" rel="noreferrer"')
    for state in (AttendeeState.CONFIRMED, AttendeeState.TO_CHECK, AttendeeState.WAITING, AttendeeState.CANCELLED):
        services.bookings.self_service.booking = booking(state=state)
        shown[state] = outside.findall(look().get_body().decode())

    assert {state: len(links) for state, links in shown.items() if links} == {AttendeeState.CONFIRMED: 2}
    assert not any(TOKEN in link for link in shown[AttendeeState.CONFIRMED])


def test_who_waits_is_not_offered_a_calendar_entry_for_a_place_they_do_not_have(services: FakeServices) -> None:
    services.bookings.self_service.booking = booking(state=AttendeeState.WAITING, position=1)

    assert "/calendar/" not in look().get_body().decode()


def test_who_was_set_back_to_the_waiting_list_can_take_the_entry_out_of_their_calendar(services: FakeServices) -> None:
    services.bookings.self_service.booking = booking(
        state=AttendeeState.WAITING, position=1, generation=2, address_since=1
    )

    assert f"/calendar/{TOKEN}" in look().get_body().decode()
    assert "download a file to remove it from your calendar" in text(look())
    assert "open it and delete it" in text(look())


# Cancelling


UNPROVEN: dict[str, Any] = {"state": AttendeeState.TO_CHECK, "needs_check": True, "never_acted": True}


def test_the_button_proves_the_address_once_and_the_second_time_the_page_says_that_it_had(
    services: FakeServices,
) -> None:
    services.bookings.self_service.booking = booking(**UNPROVEN)
    assert posts(look())[0].endswith("/prove")

    assert "The email address is confirmed" in follow(act("prove"))
    assert "The email address was already confirmed" in follow(act("prove"))
    assert services.bookings.self_service.acts == ["prove"]
    assert not any(each.endswith("/prove") for each in posts(look()))


def test_whoever_proves_their_address_is_emailed_at_once(services: FakeServices) -> None:
    services.bookings.self_service.booking = booking(**UNPROVEN)
    outbox = http_requests.Outbox()

    act("prove", outbox=outbox)

    [[message]] = outbox.messages
    assert json.loads(message) == {"v": "1", "session": CHECKING.session_id, "mail": CHECKING.mail_id}


def test_a_page_that_was_not_proved_does_not_say_that_it_was(services: FakeServices) -> None:
    services.bookings.self_service.booking = booking(**UNPROVEN)

    assert "is confirmed" not in text(look(done="proved"))


def test_a_place_is_cancelled_once_and_the_second_time_the_page_says_that_it_was(services: FakeServices) -> None:
    first, second = act("cancel"), act("cancel")

    assert (first.status_code, second.status_code) == (303, 303)
    assert "Your booking is cancelled" in follow(first)
    assert "Your booking was already cancelled" in follow(second)
    assert services.bookings.self_service.acts == ["cancel"]


def test_whoever_is_owed_a_mail_is_named_to_the_queue_once(services: FakeServices) -> None:
    first, second = http_requests.Outbox(), http_requests.Outbox()
    act("cancel", outbox=first)
    act("cancel", outbox=second)

    [messages] = first.messages
    named = [(each["session"], each["mail"]) for each in map(json.loads, messages)]
    assert named == [(due.session_id, due.mail_id) for due in (GONE, NEXT)]
    assert second.messages == []


def test_who_leaves_the_waiting_list_is_told_so_in_those_words(services: FakeServices) -> None:
    services.bookings.self_service.booking = booking(state=AttendeeState.WAITING, position=2)

    assert "Do you want to leave the waiting list?" in text(look("cancel"))
    assert "Your booking is cancelled" in follow(act("cancel"))


# Moving


def test_sessions_with_places_left_can_be_chosen_and_full_ones_cannot(services: FakeServices) -> None:
    body = look("move").get_body().decode()

    assert re.findall(r'type="radio" value="([^"]*)"', body) == ["s2", "s3"]
    assert "Theme: Voices, 1 place left" in text(look("move"))
    assert "This list does not show sessions that are full" in text(look("move"))
    assert "checked" not in body


def test_nothing_is_said_of_full_sessions_where_there_are_none(services: FakeServices) -> None:
    services.bookings.self_service.choices_now = bookable_sessions()[:2]

    assert "Sessions that are full" not in text(look("move"))


def test_where_there_is_no_other_session_the_page_says_so(services: FakeServices) -> None:
    services.bookings.self_service.choices_now = []

    assert "No other session has a place left" in text(look("move"))
    assert posts(look("move")) == []


def test_who_moves_is_sent_on_to_the_new_booking(services: FakeServices) -> None:
    outbox = http_requests.Outbox()
    answer = act("move", outbox=outbox)

    assert answer.headers["Location"] == f"/manage/{NEW_TOKEN}?done=moved"
    assert "You have moved to this session" in follow(answer)
    assert services.bookings.self_service.acts == ["move s2"]
    [messages] = outbox.messages
    assert [json.loads(each)["mail"] for each in messages] == [CONFIRMED.mail_id, NEXT.mail_id]


@pytest.mark.parametrize("again_to", ["s2", "s3"])
def test_who_sends_the_move_again_is_sent_on_to_the_new_booking(again_to: str, services: FakeServices) -> None:
    act("move")
    again = act("move", {"session_id": again_to})

    assert (again.status_code, again.headers["Location"]) == (303, f"/manage/{NEW_TOKEN}?done=already-moved")
    assert "You had already moved to this session" in follow(again)
    assert services.bookings.self_service.acts == ["move s2"]


@pytest.mark.parametrize("answers", [{}, {"session_id": ""}, {"other": "x"}])
def test_who_chose_no_session_is_asked_to(answers: dict[str, str], services: FakeServices) -> None:
    answer = act("move", answers)

    assert (answer.status_code, services.bookings.self_service.acts) == (422, [])
    assert text(answer).count("Select a session") == 2
    assert "<title>Error: " in answer.get_body().decode()


@pytest.mark.parametrize(
    ("refusal", "status", "words"),
    [
        (SessionFullError("s2"), 409, "The session that you chose is full."),
        (SessionPastError("s2"), 409, "The session that you chose has already started."),
        (SessionClosedError("s2"), 409, "You can no longer book the session that you chose."),
        (SessionUnknownError(), 404, "You can no longer book the session that you chose."),
        (TooLateToCheckError(), 409, "starts too soon for us to check that you work for Mersey Care."),
        (MoveUnderWayError(), 409, "You already have a booking for the session that you chose"),
    ],
)
@pytest.mark.parametrize(
    ("state", "kept"),
    [
        (AttendeeState.CONFIRMED, "You still have your place in this one: Your session: Friday 8 September 2023"),
        (AttendeeState.TO_CHECK, "You still have your place in this one:"),
        (AttendeeState.WAITING, "You are still on the waiting list for this one:"),
    ],
)
def test_who_cannot_move_keeps_what_they_have_and_is_told(  # noqa: PLR0917  # what is refused, and to whom
    refusal: Any, status: int, words: str, state: AttendeeState, kept: str, services: FakeServices
) -> None:
    services.bookings.self_service.booking, services.bookings.self_service.refusal = (
        booking(state=state, position=1),
        refusal,
    )
    outbox = http_requests.Outbox()
    answer = act("move", outbox=outbox)

    assert answer.status_code == status
    assert "You have not moved" in text(answer)
    assert words in text(answer)
    assert kept in text(answer).replace(" : ", ": ")
    assert outbox.messages == []


# Reminders


def test_reminders_are_stopped_and_resumed_and_the_second_time_changes_nothing(services: FakeServices) -> None:
    no, yes = {"reminders": "no"}, {"reminders": "yes"}
    told = [follow(act("reminders", answers)) for answers in (no, no, yes, yes)]

    assert [
        "You will not get any more reminders" in told[0],
        "Reminders were already stopped" in told[1],
        "You will get reminders" in told[2],
        "You were already getting reminders" in told[3],
    ] == [True] * 4
    assert services.bookings.self_service.acts == ["remind False", "remind True"]


@pytest.mark.parametrize(("now", "offered"), [(True, "no"), (False, "yes")])
def test_the_page_offers_the_other_choice(now: bool, offered: str, services: FakeServices) -> None:
    services.bookings.self_service.booking = booking(reminders=now)
    [button] = [attrs for tag, attrs in Page(look().get_body().decode()).elements if tag == "button"]

    assert (button["name"], button["value"]) == ("reminders", offered)


@pytest.mark.parametrize("answers", [{}, {"reminders": ""}, {"reminders": "maybe"}])
def test_what_is_neither_yes_nor_no_changes_nothing(answers: dict[str, str], services: FakeServices) -> None:
    answer = act("reminders", answers)

    assert (answer.status_code, services.bookings.self_service.acts) == (422, [])
    assert "Select yes or no" in text(answer)


# Name, needs and reminders


BOXES = {"radio", "checkbox"}


def field_values(answer: func.HttpResponse) -> dict[str, str]:
    """What the browser would send back if nobody touched the form."""
    page = Page(answer.get_body().decode())
    inputs = [attrs for tag, attrs in page.elements if tag == "input"]
    values = {each["name"]: each.get("value", "") for each in inputs if each.get("type", "text") == "text"}
    values |= {each["name"]: each["value"] for each in inputs if each.get("type") in BOXES and "checked" in each}
    text = re.search(r"<textarea[^>]*>(.*?)</textarea>", answer.get_body().decode(), re.DOTALL)
    return values | ({"adjustments": html.unescape(text[1])} if text else {})


def test_the_form_shows_the_details_as_they_stand(services: FakeServices) -> None:
    services.bookings.self_service.booking = booking(
        name="Zoë Okafor", adjustments="Captions\n& a break", share_adjustments=True, reminders=False
    )

    assert field_values(look("details")) == {
        "full_name": "Zoë Okafor",
        "adjustments": "Captions\n& a break",
        "share_adjustments": "yes",
        "reminders": "no",
    }
    assert f"/manage/{TOKEN}/details" in look().get_body().decode()
    assert "change the name on this booking, what you need to take part, and whether you get reminders" in text(look())


def test_details_are_changed_and_the_page_says_that_they_are_saved(services: FakeServices) -> None:
    first, second = act("details"), act("details")

    attendee = services.bookings.self_service.booking.attendee
    assert (attendee.name, attendee.adjustments, attendee.share_adjustments, attendee.reminders) == (
        "Zoë Other",
        "Captions",
        True,
        False,
    )
    assert "Your details are saved" in follow(first)
    assert "Your details were already saved" in follow(second)
    assert services.bookings.self_service.acts == ["details"]
    assert "Zo" not in first.headers["Location"]


def test_needs_that_are_emptied_are_gone(services: FakeServices) -> None:
    services.bookings.self_service.booking = booking(adjustments="Captions", share_adjustments=True)
    act("details", {"full_name": "Zoë Okafor", "adjustments": " ", "reminders": "yes"})

    attendee = services.bookings.self_service.booking.attendee
    assert (attendee.adjustments, attendee.share_adjustments) == ("", False)


def test_needs_are_neither_asked_nor_changed_where_nobody_reads_them(services: FakeServices) -> None:
    services.bookings.adjustments_are_read = False
    services.bookings.self_service.booking = booking(adjustments="Captions", share_adjustments=True)

    assert field_values(look("details")) == {"full_name": "Zoë Okafor", "reminders": "yes"}
    assert "change the name on this booking and whether you get reminders" in text(look())
    act("details", {"full_name": "Zoë Other", "reminders": "yes"})
    attendee = services.bookings.self_service.booking.attendee
    assert (attendee.name, attendee.adjustments, attendee.share_adjustments) == ("Zoë Other", "Captions", True)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"full_name": " "}, "Enter your name"),
        ({"full_name": "x" * 101}, "Name must be 100 characters or fewer"),
        ({"full_name": "=cmd"}, "Name must not begin with ="),
        ({"adjustments": "x" * 501}, "Adjustments must be 500 characters or fewer"),
        ({"share_adjustments": "maybe"}, "Select yes or no"),
        ({"reminders": ""}, "Select yes if you want reminders"),
        ({"reminders": "maybe"}, "Select yes or no"),
    ],
)
def test_details_follow_the_rules_of_the_booking_form_and_what_was_typed_is_kept(
    wrong: dict[str, str], words: str, services: FakeServices
) -> None:
    answer = act("details", DETAILS | wrong)

    assert (answer.status_code, services.bookings.self_service.acts) == (422, [])
    assert text(answer).count(words) == 2, "in the summary and by the field"
    assert "<title>Error: " in answer.get_body().decode()
    kept = {name: value for name, value in DETAILS.items() if name not in wrong}
    assert kept.items() <= field_values(answer).items()


def test_a_program_is_told_what_is_wrong_with_the_details(services: FakeServices) -> None:
    headers, body = {"content-type": "application/json"}, json.dumps({"full_name": "", "reminders": True}).encode()
    answer = change_details(func.HttpRequest("POST", SITE, headers=headers, route_params={"token": TOKEN}, body=body))

    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert services.bookings.self_service.acts == []


# The calendar file


def test_the_calendar_file_is_not_cached_and_its_name_says_nothing(services: FakeServices) -> None:
    answer = look("calendar")

    assert (answer.status_code, answer.get_body()) == (200, CALENDAR)
    assert (answer.mimetype, answer.charset) == ("text/calendar", "utf-8")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="session.ics"'
    assert answer.headers["Cache-Control"] == "no-store"


# Invalid links, sessions that have started, and requests that no page makes


@pytest.mark.parametrize("token", ["", TOKEN[:-1] + "x", TOKEN + "x=", NEW_TOKEN, "../x", "' or 1 eq 1", "x" * 2000])
def test_every_link_that_is_none_is_answered_alike_whatever_is_asked_of_it(token: str, services: FakeServices) -> None:
    answers = [look(name, token) for name in LOOKS] + [act(name, token=token) for name in ACTS]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.get_body() for answer in answers}) == 1
    assert "This link is not valid or has been used" in text(answers[0])
    assert services.bookings.self_service.acts == []


@pytest.mark.parametrize("name", ACTS)
def test_from_the_start_on_it_is_too_late_to_change_anything(name: str, services: FakeServices) -> None:
    services.now.moment = services.bookings.self_service.booking.session.starts
    answer = act(name)

    assert (answer.status_code, services.bookings.self_service.acts) == (409, [])
    assert "It is too late to change this booking" in text(answer)


def test_from_the_start_on_the_page_says_so_and_offers_no_change(services: FakeServices) -> None:
    services.now.moment = services.bookings.self_service.booking.session.starts

    assert "It is too late to change this booking" in text(look())
    assert posts(look()) == []
    assert [look(name).status_code for name in ("cancel", "move", "details")] == [303, 303, 303]


@pytest.mark.parametrize("done", ["cancelled", "already-cancelled", "reminders-off", "x", "<script>", "moved\r\nX: y"])
def test_query_parameter_cannot_claim_what_did_not_happen(done: str, services: FakeServices) -> None:
    assert look(done=done).get_body() == look().get_body()


@pytest.mark.parametrize("name", ACTS)
def test_a_form_on_another_site_cannot_change_a_booking(name: str, services: FakeServices) -> None:
    for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
        answer = act(name, None, TOKEN, None, **headers)
        assert answer.status_code == 403
    assert services.bookings.self_service.acts == []


def test_when_storage_gives_no_clear_answer_the_person_may_try_again(
    services: FakeServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object, **__: object) -> None:
        raise BookingsBusyError

    monkeypatch.setattr(services.bookings.self_service, "cancel", busy)

    assert act("cancel").status_code == 503


def test_whatever_administrators_wrote_is_shown_literally(services: FakeServices) -> None:
    hostile = "<script>alert(1)</script>{{7*7}}\"' onload=x"
    services.bookings.self_service.booking = booking(
        session={"title": hostile, "theme": hostile, "join_url": f"https://x/{hostile}"},
        name=hostile,
        reference=hostile,
    )

    for name in ("page", "cancel", "move"):
        shown = Page(look(name).get_body().decode())
        assert hostile in shown.text
        assert [tag for tag, _ in shown.elements].count("script") == 2
        assert not [attribute for _, attrs in shown.elements for attribute in attrs if attribute.startswith("on")]


@pytest.mark.parametrize("name", ["find", "cancel", "move", "set_reminders", "change_details", "choices", "calendar"])
def test_fake_has_the_signatures_of_the_real_service(name: str) -> None:
    assert inspect.signature(getattr(FakeSelfService, name)) == inspect.signature(getattr(SelfService, name))
