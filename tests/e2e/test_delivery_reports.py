"""Delivery reports through Event Grid's webhook: what the email service says later, on the running service."""

import json
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from local.clock import LocalClock
from local.stack.stack import Stack, running_stack
from tests.alarms import went_off
from tests.builders import MORNING
from tests.e2e.canaries import CANARIES, is_canary_in
from tests.e2e.conftest import mails_to, person, roster, rows, unalarmed_errors
from tests.e2e.http_client import get, post_json
from tests.e2e.provider_actions import confirm, is_sealed_kept, link_in, refer, status_of

SESSION = "2023-10-03-1500"


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """A service of its own, whose email emulator reports on every email."""
    with running_stack(at=MORNING, reports=True) as running:
        yield running
        assert unalarmed_errors(running) == []


@pytest.fixture(autouse=True)
def delivered_again(stack: Stack) -> Iterator[None]:
    """Whatever a test made the mailbox do, for the next it works."""
    yield
    stack.mail.clear_faults()
    refer(stack)
    stack.settle()


def reported(stack: Stack, *reports: str, count: int = 1) -> None:
    """The next emails to the provider are reported on like this."""
    rule = {"kind": "report", "report": list(reports), "count": count, "subject": "self-referral"}
    stack.mail.faults([rule])


def provider_mails(stack: Stack, reference: str) -> list[dict[str, Any]]:
    mails = mails_to(stack, stack.settings["REFERRAL_RECIPIENT"])
    return [mail for mail in mails if reference in mail["content"]["subject"]]


def pass_minutes(stack: Stack, minutes: float) -> None:
    stack.set_clock(LocalClock(stack.clock_path)() + timedelta(minutes=minutes))
    stack.tick()
    stack.settle()


def test_a_delivered_referral_says_so_and_no_address_is_in_the_log(stack: Stack) -> None:
    reference = refer(stack)
    stack.settle()

    row = status_of(stack, reference)
    assert (row["State"], row["SentOn"], row["DeliveredOn"]) == ("delivered", "2023-09-01", "2023-09-01")
    assert stack.settings["REFERRAL_RECIPIENT"] not in stack.log_text()
    assert not is_canary_in(stack.log_text())


@pytest.mark.parametrize("status", ["Bounced", "FilteredSpam", "Quarantined", "Suppressed"])
def test_what_comes_back_waits_for_a_person_with_the_sealed_answers_kept(stack: Stack, status: str) -> None:
    reported(stack, status)
    reference = refer(stack)
    stack.settle()

    row = status_of(stack, reference)
    assert (row["State"], row["LastError"]) == ("attention", status.casefold())
    assert is_sealed_kept(stack, reference)
    [line] = [line for line in stack.log_text().splitlines() if reference in line and "ERROR" in line]
    assert status.casefold() in line
    assert went_off(line, "referral-needs-a-person")


def test_a_bounce_after_it_was_delivered_is_looked_at_and_sent_again_when_someone_says_so(stack: Stack) -> None:
    reported(stack, "Delivered", "Expanded", "Bounced", "Delivered")
    reference = refer(stack)
    stack.settle()
    assert status_of(stack, reference)["State"] == "attention"

    table = rows(stack, "Referrals", "REFERRALS_STORAGE")
    table.update_entity({"PartitionKey": "referrals", "RowKey": reference, "State": "received"})
    pass_minutes(stack, 5)

    mails = provider_mails(stack, reference)
    assert len({mail["operationId"] for mail in mails}) == len(mails) == 2
    assert status_of(stack, reference)["State"] == "delivered"


def test_a_failed_email_is_followed_by_another(stack: Stack) -> None:
    reported(stack, "Failed", "Failed")
    reference = refer(stack)
    stack.settle()
    assert status_of(stack, reference)["State"] == "received"

    pass_minutes(stack, 11)

    mails = provider_mails(stack, reference)
    assert len({mail["operationId"] for mail in mails}) == len(mails) == 2
    assert status_of(stack, reference)["State"] == "delivered"


def test_a_bounce_after_the_provider_has_confirmed_it_waits_for_a_person(stack: Stack) -> None:
    stack.mail.settings({"running_for": 600})
    reported(stack, "Bounced")
    reference = refer(stack)
    stack.hosts[0].run("schedule")
    while not provider_mails(stack, reference) or status_of(stack, reference)["State"] != "sent":
        stack.check()
    link = link_in(provider_mails(stack, reference)[0]["content"]["plainText"])
    assert confirm(stack, link).status == 303
    assert status_of(stack, reference)["State"] == "acknowledged"

    stack.mail.settings({"running_for": 0})
    pass_minutes(stack, 11)

    row = status_of(stack, reference)
    assert (row["State"], row["LastError"], row["AcknowledgedOn"]) == ("attention", "bounced", "2023-09-01")
    assert is_sealed_kept(stack, reference)


def test_two_that_come_back_in_a_row_make_the_referral_page_say_so_until_one_arrives(stack: Stack) -> None:
    reported(stack, "Suppressed", count=2)
    for _ in range(2):
        refer(stack)
        stack.settle()
    mailbox = rows(stack, "ReferralService", "REFERRALS_STORAGE")
    assert mailbox.get_entity("provider", "mailbox")["Bad"] == 2
    stack.set_clock(LocalClock(stack.clock_path)() + timedelta(minutes=2))
    failing = get(f"{stack.site}/one-to-one").text
    assert went_off(stack.log_text(), "provider-mailbox-bounces")
    reference = refer(stack)  # accepted all the same
    stack.settle()

    assert status_of(stack, reference)["State"] == "delivered"
    assert mailbox.get_entity("provider", "mailbox")["Bad"] == 0
    stack.set_clock(LocalClock(stack.clock_path)() + timedelta(minutes=2))
    assert get(f"{stack.site}/one-to-one").text != failing


def test_a_booking_email_that_comes_back_is_in_the_log_of_emails_and_in_the_attendees_problem(stack: Stack) -> None:
    stack.mail.faults([{"kind": "report", "report": ["Bounced"], "recipient": "bouncing@"}])
    assert post_json(f"{stack.site}/bookings", person(SESSION, "bouncing")).status == 201
    stack.settle()
    pass_minutes(stack, 5)

    states = {row["State"] for row in rows(stack, "MailLog").list_entities() if row["PartitionKey"] == SESSION}
    [attendee] = [row for row in roster(stack, SESSION) if row["Email"].startswith("bouncing@")]
    assert "bounced" in states
    assert attendee["Problem"]


def test_an_event_that_is_none_or_about_nothing_is_taken_and_not_quoted(stack: Stack) -> None:
    event = {
        "id": "canary-event",
        "topic": "/canary",
        "subject": "sender/canary/message/canary",
        "eventTime": "2023-09-01T09:00:00Z",
        "dataVersion": "1.0",
        "metadataVersion": "1",
    }
    kinds = (
        ("Microsoft.Communication.EmailDeliveryReportReceived", {"messageId": "canary", "status": "Bounced"}),
        (
            "Microsoft.Communication.EmailDeliveryReportReceived",
            {"messageId": "0b67adfa-5e5c-4b4e-9f5e-1c2d3e4f5a6b", "status": "Bounced", "recipient": CANARIES["email"]},
        ),
        ("Microsoft.Communication.EmailEngagementTrackingReportReceived", {"recipient": CANARIES["email"]}),
        ("canary", "canary"),
    )
    for kind, data in kinds:
        answer = _post_event(stack, event | {"eventType": kind, "data": data})
        assert answer == 202

    assert not is_canary_in(stack.log_text())


def _post_event(stack: Stack, event: dict[str, Any]) -> int:
    headers = {"content-type": "application/json", "aeg-event-type": "Notification"}
    url = stack.hosts[0].webhook("delivery_report")
    request = urllib.request.Request(url, json.dumps([event]).encode(), headers, method="POST")
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
        return int(answer.status)
