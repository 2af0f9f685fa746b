"""The running service with GOV.UK Notify: what it sends, what is reported of it, and what a wrong set-up does."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from local.clock import LocalClock
from local.commands.run import MAIL_SERVICES
from local.stack.stack import Stack, running_stack
from tests.alarms import went_off
from tests.builders import MORNING
from tests.e2e.canaries import is_canary_in
from tests.e2e.conftest import mails_to, person, roster, rows
from tests.e2e.http_client import get, post_json
from tests.e2e.provider_actions import link_in, mails_about, open_with, refer, status_of
from tests.notify_rendering import rendered

SESSION = "2023-10-03-1500"


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """A service of its own, which sends with the other email service than the shared one."""
    with running_stack(at=MORNING, settings=MAIL_SERVICES["notify"], reports=True) as running:
        yield running


@pytest.fixture(autouse=True)
def as_it_was(stack: Stack) -> Iterator[None]:
    yield
    stack.mail.clear_faults()


def pass_minutes(stack: Stack, minutes: float) -> None:
    stack.set_clock(LocalClock(stack.clock_path)() + timedelta(minutes=minutes))
    stack.tick()
    stack.settle()


def book(stack: Stack, name: str) -> str:
    """Someone books; returns their address."""
    attendee = person(SESSION, name)
    assert post_json(f"{stack.site}/bookings", attendee).status == 201
    stack.settle()
    return str(attendee["email"])


def states(stack: Stack) -> set[str]:
    return {row["State"] for row in rows(stack, "MailLog").list_entities() if row["PartitionKey"] == SESSION}


def is_of_the_template(stack: Stack, body: str) -> bool:
    """True if Notify shows all of the body, with a heading, and with no links but to us, the session and calendars."""
    blocks = rendered(body, "html")
    known = (
        stack.site,
        "https://teams.",
        "https://outlook.office.com/calendar/",
        "https://calendar.google.com/calendar/",
    )
    ours = [link.startswith(known) for block in blocks for link in block.links]
    return all(ours) and {"heading"} <= {block.kind for block in blocks} <= {"heading", "paragraph", "item"}


def test_a_booking_and_a_referral_are_emailed_once_and_reported_as_delivered(stack: Stack) -> None:
    address, reference = book(stack, "delivered"), refer(stack)
    stack.settle()

    assert len(mails_to(stack, address)) == 1
    assert states(stack) == {"delivered"}
    row = status_of(stack, reference)
    assert (row["State"], row["DeliveredOn"]) == ("delivered", "2023-09-01")
    [mail] = mails_about(stack, reference)
    assert open_with(link_in(mail)).status == 200
    assert all(is_of_the_template(stack, sent["content"]["plainText"]) for sent in stack.mail.messages())
    assert not is_canary_in(stack.log_text())
    for secret in ("NOTIFY_API_KEY", "NOTIFY_CALLBACK_TOKEN"):
        assert stack.settings[secret] not in stack.log_text()


def test_what_bounces_is_in_the_attendees_problem_and_waits_for_a_person(stack: Stack) -> None:
    stack.mail.faults([{"kind": "report", "report": "Bounced", "count": 2}])
    book(stack, "bouncing")
    reference = refer(stack)
    stack.settle()
    pass_minutes(stack, 5)

    [attendee] = [row for row in roster(stack, SESSION) if row["Email"].startswith("bouncing@")]
    assert attendee["Problem"]
    assert "bounced" in states(stack)
    row = status_of(stack, reference)
    assert (row["State"], row["LastError"]) == ("attention", "bounced")


def test_a_referral_that_could_not_be_delivered_is_followed_by_another_email(stack: Stack) -> None:
    stack.mail.faults([{"kind": "report", "report": "Failed"}])
    reference = refer(stack)
    stack.settle()
    assert status_of(stack, reference)["State"] == "received"
    pass_minutes(stack, 11)

    provider = mails_to(stack, stack.settings["REFERRAL_RECIPIENT"])
    mails = [mail["operationId"] for mail in provider if reference in mail["content"]["plainText"]]
    assert len(set(mails)) == len(mails) == 2
    assert status_of(stack, reference)["State"] == "delivered"


def test_a_report_that_is_lost_or_never_made_is_asked_for_a_day_later(stack: Stack) -> None:
    stack.mail.faults([{"kind": "callback", "callback": "lost"}, {"kind": "final", "final": "Failed", "count": 1}])
    lost, failed = refer(stack), ""
    stack.settle()
    stack.mail.clear_faults()
    # The first rule of each kind met the same email: Notify could not send it, and says so to no one.
    assert status_of(stack, lost)["State"] == "sent"
    stack.mail.faults([{"kind": "callback", "callback": "lost"}])
    failed = refer(stack)
    stack.settle()
    assert status_of(stack, failed)["State"] == "sent"

    stack.set_clock(LocalClock(stack.clock_path)() + timedelta(days=1))
    for _ in range(4):
        pass_minutes(stack, 10)

    assert status_of(stack, failed)["State"] == "delivered"
    assert status_of(stack, lost)["State"] == "delivered", "sent again as a new email"
    assert len(mails_about(stack, lost)) == 1, "of the first nothing arrived"


def test_a_report_counts_twice_as_once_late_as_ever_and_without_the_token_never(stack: Stack) -> None:
    stack.mail.faults([{"kind": "callback", "callback": "twice"}])
    first = refer(stack)
    stack.settle()
    assert status_of(stack, first)["State"] == "delivered"

    stack.mail.faults([{"kind": "callback", "callback": "late", "seconds": 3600}])
    second = refer(stack)
    while status_of(stack, second)["State"] != "sent":
        stack.check()
    pass_minutes(stack, 61)
    assert status_of(stack, second)["State"] == "delivered"

    report = {"reference": "0b67adfa-5e5c-4b4e-9f5e-1c2d3e4f5a6b", "status": "delivered", "to": "canary@example.test"}
    answer = post_json(f"{stack.site}/mail/notify-report", report)
    assert answer.status == 401
    assert "canary@" not in stack.log_text()


def test_what_the_edge_before_the_service_refuses_is_told_holds_up_no_other_email_and_goes_later(stack: Stack) -> None:
    assert not went_off(stack.log_text(), "mail-set-up-wrong")
    stack.mail.faults([{"kind": "status", "status": 403, "code": "", "recipient": "refused@"}])
    refused, other = book(stack, "refused"), book(stack, "let-through")

    assert (mails_to(stack, refused), len(mails_to(stack, other))) == ([], 1)
    assert "the edge of the email service refused a request" in stack.log_text()
    assert went_off(stack.log_text(), "mail-set-up-wrong")
    assert get(f"{stack.site}/health").json == {"status": "healthy"}
    pass_minutes(stack, 11)
    assert [len(mails_to(stack, each)) for each in (refused, other)] == [1, 1]


def test_a_wrong_set_up_stops_all_email_is_named_and_loses_none(stack: Stack) -> None:
    stack.mail.faults([{"kind": "status", "status": 403, "code": "AuthError", "count": None}])
    before, logged = stack.mail.requests()["send"], len(stack.log_text())
    address, reference = book(stack, "waiting"), refer(stack)
    stack.settle()
    pass_minutes(stack, 1)

    assert not mails_to(stack, address)
    assert not mails_about(stack, reference)
    key = {"x-functions-key": stack.hosts[0].master_key}
    assert get(f"{stack.site}/health").json == {"status": "unhealthy"}
    assert get(f"{stack.site}/health/details", **key).json["email_set_up"] == "HTTP 403 AuthError"
    assert "the set-up of the email service is wrong, all email is paused: HTTP 403 AuthError" in stack.log_text()
    assert all(went_off(stack.log_text()[logged:], name) for name in ("mail-set-up-wrong", "not-healthy"))
    assert stack.mail.requests()["send"] - before <= 3

    stack.mail.clear_faults()
    for _ in range(5):
        pass_minutes(stack, 10)

    assert len(mails_to(stack, address)) == len(mails_about(stack, reference)) == 1
    assert get(f"{stack.site}/health").json == {"status": "healthy"}
    assert "email_set_up" not in get(f"{stack.site}/health/details", **key).json


def test_answers_that_are_lost_and_a_service_that_breaks_still_deliver_each_email_once(stack: Stack) -> None:
    """Without delivery reports, so that nothing but the question by reference says that an email has gone."""
    kinds, asked = ("drop_after", "drop_before", "status_after", "status"), stack.mail.requests()["status"]
    stack.mail.faults([{"kind": "callback", "callback": "lost", "count": None}])
    stack.mail.faults([{"kind": kind, "status": 503, "count": 1} for kind in kinds])
    stack.mail.faults([{"kind": "status", "status": 429, "code": "RateLimitError", "count": 1}])
    addresses = [book(stack, f"often-{number}") for number in range(4)]
    reference = refer(stack)
    for _ in range(9):
        pass_minutes(stack, 5)

    assert [len(mails_to(stack, address)) for address in addresses] == [1] * 4
    assert len(mails_about(stack, reference)) == 1
    assert stack.mail.requests()["status"] - asked >= len(kinds), "each unclear attempt was asked about"
    assert status_of(stack, reference)["State"] == "sent", "no report came"
    assert went_off(stack.log_text(), "mail-paused")


def test_with_the_email_service_down_for_four_hours_bookings_and_referrals_are_emailed_once(stack: Stack) -> None:
    stack.mail.faults([{"kind": "status", "status": 503, "count": None}])
    addresses, references = [book(stack, f"down-{number}") for number in range(2)], [refer(stack) for _ in range(2)]
    for minutes in (11, 22, 77, 129):
        pass_minutes(stack, minutes)
    assert not any(mails_to(stack, each) for each in addresses)
    assert {status_of(stack, each)["State"] for each in references} == {"sending"}

    stack.mail.clear_faults()
    for minutes in (1, 61):
        pass_minutes(stack, minutes)

    assert [len(mails_to(stack, each)) for each in addresses] == [1] * 2
    assert [len(mails_about(stack, each)) for each in references] == [1] * 2
    assert {status_of(stack, each)["State"] for each in references} == {"delivered"}
