"""Pages that say what became of a form: their address tells nothing, and opens them for 15 minutes."""

import base64
import json
from datetime import timedelta
from typing import Any

import azure.functions as func
import pytest

import functions.bookings.book
import functions.referrals.outcome
import functions.referrals.refer
import shared.bootstrap
from functions.bookings.book import booking_outcome
from functions.problems.http_errors import BookingOutcomeExpiredError, ReferralOutcomeExpiredError
from functions.referrals.outcome import referral_outcome, show_reference_longer
from functions.referrals.reference_page import SENT, fresh_facts
from functions.web.outcome_address import OutcomeAddress
from shared.content.content import Content
from tests.builders import MORNING
from tests.fakes import FakeClock
from tests.unit.functions import http_requests
from tests.unit.functions.fake_services import SIGNER, FakeServices
from tests.unit.functions.html_page import Page

REFERENCE = "34679CDF"
PERSON = {"session_id": "s1", "full_name": "Zoë", "email": "zoe@example.nhs.uk", "group_agreement": True}
REFERRAL = {
    "works_here": "yes",
    "full_name": "Zoë",
    "contact_by": ["email"],
    "email": "zoe@home.example",
    "therapy_language": "English",
    "consent_share": True,
}
MOST = timedelta(minutes=15)
MOMENT = timedelta(seconds=1)


@pytest.fixture
def services(content: Content, monkeypatch: pytest.MonkeyPatch) -> FakeServices:
    services = FakeServices(content, FakeClock(MORNING))
    modules = (functions.bookings.book, functions.referrals.refer, functions.referrals.outcome, shared.bootstrap)
    for module in modules:
        monkeypatch.setattr(module, "services", lambda: services)
    return services


def sent(kind: str) -> str:
    """The address that an API client gets for a booking or a referral."""
    outbox = http_requests.Outbox()
    if kind == "booking":
        answer = functions.bookings.book.book(http_requests.json_post(PERSON), outbox)
    else:
        answer = functions.referrals.refer.refer(http_requests.json_post(REFERRAL), outbox)
    assert (answer.status_code, json.loads(answer.get_body())["reference"]) == (201, REFERENCE)
    return str(answer.headers["Location"])


def opened(location: str, **headers: str) -> func.HttpResponse:
    handler: Any = booking_outcome if location.startswith("/bookings") else referral_outcome
    answer = handler(http_requests.get_token(location, **headers))
    assert isinstance(answer, func.HttpResponse)
    return answer


def longer(location: str) -> func.HttpResponse:
    answer = show_reference_longer(http_requests.form({"shown": location.rpartition("/")[2]}))
    assert isinstance(answer, func.HttpResponse)
    return answer


both = pytest.mark.parametrize("kind", ["booking", "referral"])


@both
def test_the_address_tells_neither_reference_nor_session_nor_state(kind: str, services: FakeServices) -> None:
    tokens = [sent(kind).rpartition("/")[2] for _ in range(5)]  # one may hold two letters of a session by chance
    for told in (REFERENCE, "s1", "confirmed", "2023"):
        assert not all(told in token for token in tokens)
        assert not all(told.encode() in base64.urlsafe_b64decode(token + "==") for token in tokens)


@both
def test_it_opens_for_15_minutes_and_not_a_second_longer(kind: str, services: FakeServices) -> None:
    location = sent(kind)
    services.now.moment += MOST - MOMENT
    assert (opened(location).status_code, REFERENCE in opened(location).get_body().decode()) == (200, True)
    services.now.moment += MOMENT
    closed = opened(location)
    assert (closed.status_code, REFERENCE in closed.get_body().decode()) == (410, False)
    assert "This page is no longer shown" in closed.get_body().decode()


def test_the_closed_page_leads_on(services: FakeServices) -> None:
    ways = {"booking": "/sessions", "referral": "/one-to-one/status"}
    locations = {kind: sent(kind) for kind in ways}
    services.now.moment += MOST
    for kind, way in ways.items():
        assert way in Page(opened(locations[kind]).get_body().decode()).all("href", "a")


@both
def test_a_client_that_reads_json_gets_it_there_too_and_a_problem_afterwards(kind: str, services: FakeServices) -> None:
    location = sent(kind)
    assert json.loads(opened(location, accept="application/json").get_body())["reference"] == REFERENCE
    services.now.moment += MOST
    closed = opened(location, accept="application/json")
    assert (closed.status_code, closed.mimetype) == (410, "application/problem+json")
    assert REFERENCE not in closed.get_body().decode()


@both
def test_an_address_that_was_altered_anywhere_is_not_found(kind: str, services: FakeServices) -> None:
    location = sent(kind)
    start = location.rindex("/") + 1
    for place in range(start, len(location)):
        other = "A" if location[place] != "A" else "B"
        assert opened(location[:place] + other + location[place + 1 :]).status_code == 404, place
    for other in ("", "x", location[start:-1], location[start:] + "A", location[start:] * 2, "é", "=" * 80):
        assert opened(location[:start] + other).status_code == 404, other


def test_a_booking_says_to_which_address_its_email_goes_from_whom_and_to_look_in_junk(services: FakeServices) -> None:
    location = sent("booking")
    shown = opened(location).get_body().decode()

    assert "The email goes to z***@example.nhs.uk and comes from sessions@trust.example." in shown
    assert "look in your junk folder" in shown
    assert "zoe@" not in shown
    assert "example" not in opened(location, accept="application/json").get_body().decode()
    token = location.rpartition("/")[2]
    assert b"example" not in base64.urlsafe_b64decode(token + "==")


@pytest.mark.parametrize("more", [(), ("unproven",)])
def test_an_address_that_was_issued_before_it_named_an_email_still_opens(
    services: FakeServices, more: tuple[str, ...]
) -> None:
    before = OutcomeAddress("/bookings/booked", BookingOutcomeExpiredError)
    shown = opened(before.issue(SIGNER, MORNING, "s1", REFERENCE, "confirmed", *more)).get_body().decode()

    assert REFERENCE in shown
    assert "The email goes to" not in shown
    assert ("Now confirm your email address" in shown) is bool(more)


def test_an_address_of_one_kind_opens_nothing_of_the_other(services: FakeServices) -> None:
    booking, referral = (sent(kind).rpartition("/")[2] for kind in ("booking", "referral"))
    assert opened(f"/bookings/booked/{referral}").status_code == 404
    assert opened(f"/one-to-one/sent/{booking}").status_code == 404


def test_another_installation_s_address_is_not_found(services: FakeServices) -> None:
    location = sent("referral")
    services.signer = type(SIGNER)((b"x" * 32,))
    assert opened(location).status_code == 404


def test_an_address_from_before_the_key_was_rotated_still_opens(services: FakeServices) -> None:
    location = sent("referral")
    services.signer = type(SIGNER)((b"x" * 32, *SIGNER.keys))
    assert opened(location).status_code == 200


def test_more_time_is_another_15_minutes_as_often_as_someone_asks(services: FakeServices) -> None:
    location = sent("referral")
    for _ in range(12):
        services.now.moment += MOST - MOMENT
        answer = longer(location)
        assert answer.status_code == 303
        location = answer.headers["Location"]
    services.now.moment += MOST - MOMENT
    page = opened(location).get_body().decode()
    assert REFERENCE in page
    assert "If Nafsiyat has not contacted you by Friday 15 September 2023" in page


def test_once_it_is_over_there_is_no_more_time(services: FakeServices) -> None:
    location = sent("referral")
    services.now.moment += MOST
    assert longer(location).status_code == 410
    assert longer("/one-to-one/sent/x").status_code == 404


def test_the_page_says_until_when_and_has_the_way_to_more_time_without_a_script(services: FakeServices) -> None:
    location = sent("referral")
    services.now.moment += timedelta(minutes=4)
    shown = Page(opened(location).get_body().decode())
    assert "You can open this page until 9:15am" in shown.text
    assert "Show for 15 more minutes" in shown.text
    assert shown.all("data-sent") == [str(11 * 60)]
    [token] = [attrs["value"] for tag, attrs in shown.elements if tag == "input" and attrs["name"] == "shown"]
    assert location.endswith(token)


def test_the_warning_lies_ready_as_an_alert_and_is_not_shown_before_its_time(services: FakeServices) -> None:
    html = opened(sent("referral")).get_body().decode()
    shown = Page(html)
    assert "alert" in shown.all("role")
    assert "This page closes in 2 minutes" not in shown.text
    assert "This page closes in 2 minutes" in html


def test_a_page_that_says_that_a_form_was_sent_before_shows_the_reference_no_longer_than_the_other(
    services: FakeServices,
) -> None:
    facts = fresh_facts(services, REFERENCE, by="", words="tidal onion harbor")  # type: ignore[arg-type]  # a fake
    answer = longer(f"/one-to-one/sent/{facts['shown']}")
    assert answer.status_code == 303
    page = opened(answer.headers["Location"]).get_body().decode()
    assert "If Nafsiyat has not contacted you, email" in page
    assert "tidal onion harbor" in page


def test_a_token_is_never_the_same_twice() -> None:
    address = OutcomeAddress("/one-to-one/sent", ReferralOutcomeExpiredError)
    assert address.issue(SIGNER, MORNING, REFERENCE) != address.issue(SIGNER, MORNING, REFERENCE)


def test_nobody_is_told_more_time_than_there_is() -> None:
    token = SENT.token(SIGNER, MORNING, REFERENCE, "")
    found = SENT.open(SIGNER, token, MORNING + timedelta(minutes=14, seconds=59, milliseconds=900))
    assert found.seconds_left(MORNING + timedelta(minutes=14, seconds=59, milliseconds=900)) == 1
