"""While both kinds of support are closed: nobody new is taken, and nobody who was taken before is let down."""

from collections.abc import Iterator

import pytest

from local.stack.stack import Stack, running_stack
from shared.composition.services import Services
from shared.config.settings import Settings
from tests.builders import MORNING, booking_request, referral_request, session_cells
from tests.e2e.conftest import act_form, mails_to, person, roster, rows
from tests.e2e.http_client import get, get_json, post_form, post_json


@pytest.fixture(scope="module")
def closed() -> Iterator[Stack]:
    with running_stack(at=MORNING, settings={"CLOSED": "bookings,one-to-one"}) as running:
        rows(running, "Sessions").create_entity(session_cells())
        yield running


@pytest.fixture(scope="module")
def before(closed: Stack) -> Services:
    """The service as it was before it closed, on the same storage."""
    return Services(Settings.from_environment({**closed.settings, "CLOSED": ""}), lambda: MORNING)


PATHS = ["/sessions", "/bookings/new", "/bookings/new?session=s1", "/bookings/check", "/bookings/several/new"]


@pytest.mark.parametrize("path", PATHS)
def test_a_page_says_that_it_is_closed_and_where_else_to_turn(path: str, closed: Stack) -> None:
    page = get(f"{closed.site}{path}")
    assert (page.status, page.headers["retry-after"]) == (503, "86400")
    assert "Booking is closed at the moment" in page.text
    assert "/help-now" in page.text
    assert get_json(f"{closed.site}/sessions").json["type"] == "/problems/bookings-closed"


def test_nobody_new_is_taken(closed: Stack) -> None:
    form = person("s1", "new", group_agreement="yes")
    answers = [post_json(f"{closed.site}/bookings", person("s1", "new"))]
    answers += [post_form(f"{closed.site}/bookings{step}", form) for step in ("", "/details", "/check", "/session")]
    answers += [post_form(f"{closed.site}/bookings/several{step}", form) for step in ("", "/details", "/check")]
    assert [answer.status for answer in answers] == [503] * 8
    assert [row for row in roster(closed, "s1") if "new" in row["Email"]] == []


def test_the_start_page_and_the_pages_to_read_are_there(closed: Stack) -> None:
    start = get(f"{closed.site}/")
    assert (start.status, 'data-module="nhsuk-button"' in start.text) == (200, False)
    assert {get(f"{closed.site}/{path}").status for path in ("help-now", "resources", "privacy")} == {200}


def test_who_booked_before_gets_the_emails_and_can_cancel_by_the_link_in_them(closed: Stack, before: Services) -> None:
    before.bookings.places.book(booking_request(email="ann@nhs.net"), MORNING)
    closed.tick()
    closed.settle()
    [mail] = mails_to(closed, "ann@nhs.net")
    link = mail["content"]["plainText"].partition("/manage/")[2].split()[0]

    assert get(f"{closed.site}/manage/{link}").status == 200
    assert post_form(f"{closed.site}/manage/{link}/cancel", act_form(closed, link, "cancel")).status == 303
    assert [row["State"] for row in roster(closed, "s1") if row["Email"] == "ann@nhs.net"] == ["cancelled"]


def test_a_referral_that_was_sent_before_is_still_passed_on(closed: Stack, before: Services) -> None:
    before.referrals.intake.accept(referral_request(), MORNING)
    closed.tick()
    closed.settle()
    assert len(mails_to(closed, closed.settings["REFERRAL_RECIPIENT"])) == 1
