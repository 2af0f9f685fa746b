"""Booking as a browser without JavaScript does it: from page to page, through the running host."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from functions.web.render import ASSETS
from local.clock import LocalClock
from local.stack.stack import Stack
from tests.e2e.conftest import AddSession, mails_to, opened_form, person, roster
from tests.e2e.http_client import Answer, ask, get, get_json, hidden_fields, post_form, post_json

HEADERS = {
    "content-security-policy": "frame-ancestors 'none'",
    "permissions-policy": "camera=()",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


def answered(session_id: str, name: str = "zoe", **changes: str) -> dict[str, Any]:
    """Everything that a person types into the page with the details."""
    return person(session_id, name, group_agreement="yes", adjustments="canary captions") | changes


def checked(stack: Stack, session_id: str, name: str = "zoe", **changes: str) -> Answer:
    """The page with the answers to check."""
    fields = opened_form(stack, f"/bookings/new?session={session_id}")
    return post_form(f"{stack.site}/bookings/check", fields | answered(session_id, name, **changes))


def test_answers_are_checked_changed_and_confirmed_and_make_one_booking(stack: Stack, add_session: AddSession) -> None:
    session_id, other_id = add_session(), add_session(Date="2023-09-25")
    check = checked(stack, session_id)
    assert (check.status, roster(stack, session_id)) == (200, [])
    assert "Check your answers before you book" in check.text

    details = post_form(f"{stack.site}/bookings/details", hidden_fields(check.text))
    assert "canary captions" in details.text
    choose = post_form(f"{stack.site}/bookings/session", hidden_fields(check.text))
    changed = post_form(f"{stack.site}/bookings/check", hidden_fields(choose.text) | {"session_id": other_id})
    assert "Monday 25 September 2023" in changed.text
    done = post_form(f"{stack.site}/bookings", hidden_fields(changed.text))
    stack.settle()

    assert done.status == 303
    assert (len(roster(stack, session_id)), len(roster(stack, other_id))) == (0, 1)
    assert roster(stack, other_id)[0]["Adjustments"] == "canary captions"
    assert len(mails_to(stack, f"zoe@{session_id}.nhs.net")) == 1
    assert "canary" not in done.headers["location"] + stack.log_text()


def test_a_double_click_and_going_back_to_send_again_are_one_booking_and_the_same_page(
    stack: Stack, add_session: AddSession
) -> None:
    session_id = add_session()
    check = checked(stack, session_id)
    sent = [post_form(f"{stack.site}/bookings", hidden_fields(check.text)) for _ in range(3)]
    back = post_form(f"{stack.site}/bookings/check", hidden_fields(check.text))
    sent.append(post_form(f"{stack.site}/bookings", hidden_fields(back.text)))
    stack.settle()

    pages = {get(f"{stack.site}{each.headers['location']}").text for each in sent}
    assert ([each.status for each in sent], len(pages)) == ([303] * 4, 1)
    assert "You have booked a place" in pages.pop()
    assert len(roster(stack, session_id)) == 1
    assert len(mails_to(stack, f"zoe@{session_id}.nhs.net")) == 1


def test_going_back_to_change_what_was_sent_books_nothing_more_and_says_why(
    stack: Stack, add_session: AddSession
) -> None:
    session_id = add_session()
    fields = hidden_fields(checked(stack, session_id).text)
    post_form(f"{stack.site}/bookings", fields)
    again = post_form(f"{stack.site}/bookings", fields | {"email": f"ann@{session_id}.nhs.net"})
    assert (again.status, "You have already sent this form" in again.text) == (409, True)
    assert [row["Email"] for row in roster(stack, session_id)] == [f"zoe@{session_id}.nhs.net"]


def test_session_that_fills_while_checking_offers_its_waiting_list(stack: Stack, add_session: AddSession) -> None:
    session_id = add_session(Capacity=1)
    check = checked(stack, session_id)
    assert "Confirm and book" in check.text
    post_json(f"{stack.site}/bookings", person(session_id, "ann"))

    late = post_form(f"{stack.site}/bookings", hidden_fields(check.text))
    assert (late.status, "Join the waiting list" in late.text) == (409, True)
    done = post_form(f"{stack.site}/bookings", hidden_fields(late.text) | {"join_waiting_list": "yes"})
    stack.settle()

    page = get(f"{stack.site}{done.headers['location']}")
    assert "You have joined the waiting list" in page.text
    states = {row["Email"].partition("@")[0]: row["State"] for row in roster(stack, session_id)}
    assert states == {"ann": "confirmed", "zoe": "waiting"}
    assert len(mails_to(stack, f"zoe@{session_id}.nhs.net")) == 1


def test_who_was_overtaken_where_nobody_waits_chooses_another_session(stack: Stack, add_session: AddSession) -> None:
    session_id, other_id = add_session(Capacity=1, WaitingList="no"), add_session()
    check = checked(stack, session_id)
    post_json(f"{stack.site}/bookings", person(session_id, "ann"))
    late = post_form(f"{stack.site}/bookings", hidden_fields(check.text))
    assert (late.status, "Join the waiting list" in late.text) == (409, False)

    choose = post_form(f"{stack.site}/bookings/session", hidden_fields(late.text))
    again = post_form(f"{stack.site}/bookings/check", hidden_fields(choose.text) | {"session_id": other_id})
    assert post_form(f"{stack.site}/bookings", hidden_fields(again.text)).status == 303
    assert len(roster(stack, other_id)) == 1


def test_a_form_that_lay_open_for_two_days_loses_nothing(stack: Stack, add_session: AddSession) -> None:
    session_id = add_session(Date="2023-12-08")
    before = LocalClock(stack.clock_path)()
    fields = hidden_fields(checked(stack, session_id).text)
    issued = int(fields["form_token"].partition(".")[0])
    try:
        stack.set_clock(before + timedelta(days=2))
        back = post_form(f"{stack.site}/bookings", fields)
        assert (back.status, "Check your answers and send again" in back.text) == (422, True)
        assert int(hidden_fields(back.text)["form_token"].partition(".")[0]) > issued
        stack.set_clock(before + timedelta(days=2, seconds=10))
        assert post_form(f"{stack.site}/bookings", hidden_fields(back.text)).status == 303
    finally:
        stack.set_clock(before)
    assert roster(stack, session_id)[0]["Adjustments"] == "canary captions"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/who-can-see-what", 200),
        ("GET", "/help-now", 200),
        ("GET", "/resources", 200),
        ("GET", "/resources/prompts", 404),
        ("GET", "/privacy", 200),
        ("GET", "/accessibility", 200),
        ("GET", "/cookies", 200),
        ("GET", "/.well-known/security.txt", 200),
        ("GET", "/sessions", 200),
        ("GET", "/sessions.ics", 200),
        ("GET", "/bookings/new", 200),
        ("GET", "/bookings/check", 303),
        ("GET", "/health", 200),
        ("GET", "/nowhere", 404),
        ("GET", "/resources/files/nowhere.pdf", 404),
        ("GET", "/assets/nowhere.css", 404),
        ("GET", "/bookings/34679CDF", 404),
        ("GET", "/bookings/booked/nobody", 404),
        ("GET", "/one-to-one/sent/nobody", 404),
        ("POST", "/one-to-one/sent", 404),
        ("GET", "/one-to-one", 200),
        ("GET", "/manage/nobody", 404),
        ("POST", "/nowhere", 404),
        ("POST", "/bookings", 400),
        ("GET", "/bookings", 405),
        ("DELETE", "/sessions", 405),
        ("PUT", "/", 405),
        ("OPTIONS", "/bookings", 204),
        ("OPTIONS", "/nowhere", 204),
        ("HEAD", "/sessions", 200),
        ("HEAD", "/bookings", 405),
    ],
)
def test_every_answer_of_the_host_carries_the_security_headers(
    method: str, path: str, status: int, stack: Stack
) -> None:
    answer = ask(method, f"{stack.site}{path}")
    assert answer.status == status
    for name, value in HEADERS.items():
        assert value in answer.headers[name], name
    # The pages of a booking's form may be kept, so that the browser's Back shows them; nothing else may.
    assert answer.headers["cache-control"] == ("private, no-cache" if path == "/bookings/new" else "no-store")
    assert "set-cookie" not in answer.headers
    assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_a_browser_gets_pages_compressed_and_reads_the_same(stack: Stack) -> None:
    plain, packed = get(f"{stack.site}/cookies"), get(f"{stack.site}/cookies", **{"accept-encoding": "gzip, br"})
    assert (packed.headers["content-encoding"], packed.text) == ("gzip", plain.text)
    assert packed.headers["content-type"] == plain.headers["content-type"] == "text/html; charset=utf-8"
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 2


def test_a_method_that_is_not_taken_is_told_which_is(stack: Stack) -> None:
    assert ask("PATCH", f"{stack.site}/bookings").headers["allow"] == "OPTIONS, POST"
    assert ask("POST", f"{stack.site}/Sessions").headers["allow"] == "GET, HEAD, OPTIONS"
    assert ask("OPTIONS", f"{stack.site}/Sessions").headers["allow"] == "GET, HEAD, OPTIONS"


PAGES = ["/", "/help-now", "/resources", "/privacy", "/cookies", "/sessions", "/bookings/new", "/one-to-one", "/health"]
PAGES += [
    "/one-to-one/status",
    "/openapi.json",
    "/sessions.ics",
    f"{ASSETS}/favicon.ico",
    "/nowhere",
    "/manage/x",
    "/bookings/check",
]


@pytest.mark.parametrize("path", PAGES)
def test_head_answers_as_get_does_and_without_a_body(path: str, stack: Stack) -> None:
    page, head = ask("GET", f"{stack.site}{path}"), ask("HEAD", f"{stack.site}{path}")
    assert (head.status, head.text) == (page.status, "")
    assert without_date(head.headers) == without_date(page.headers)


def without_date(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name != "date"}


def test_a_program_that_asks_for_nothing_gets_a_problem(stack: Stack) -> None:
    answer = get_json(f"{stack.site}/nowhere")
    assert (answer.status, answer.headers["content-type"]) == (404, "application/problem+json")
