"""Messages that failed five times: held, kept and told to the log by the triggers of the poison queues."""

import base64
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from azure.storage.queue import QueueClient

from local.clock import LocalClock
from local.stack.stack import Stack, running_stack
from shared.tables.table import moment_text
from tests.admin_guide import section_rows
from tests.alarms import OPERATIONS, error_lines, went_off
from tests.builders import MORNING, session_cells
from tests.e2e.canaries import CANARIES, is_canary_in
from tests.e2e.conftest import mails_to, person, roster, rows, unalarmed_errors
from tests.e2e.http_client import post_json

KEEP_MESSAGES = {"AzureWebJobs.forward_referral.Disabled": "true", "AzureWebJobs.send_mail.Disabled": "true"}
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """Nothing is sent unless a test hands it over; fast, so that nobody waits for a queue to be looked into."""
    with running_stack(at=MORNING, speed=20, settings=KEEP_MESSAGES) as running:
        yield running
        assert error_lines(running.log_text())
        assert unalarmed_errors(running) == []


@pytest.fixture(scope="module")
def numbers() -> Iterator[int]:
    return count(1)


@pytest.fixture
def session_id(stack: Stack, numbers: Iterator[int]) -> str:
    name = f"poison-{next(numbers)}"
    rows(stack, "Sessions").create_entity(session_cells(RowKey=name))
    return name


@pytest.fixture
def named(stack: Stack, session_id: str) -> dict[str, str]:
    """The message of a confirmation that nobody has claimed."""
    booking = person(session_id, "canary", full_name="Canary-Name", adjustments="canary-adjustments")
    assert post_json(f"{stack.site}/bookings", booking).status == 201
    return next(each for each in taken_off(stack, "emails") if each["session"] == session_id)


def opened(stack: Stack, queue: str) -> QueueClient:
    storage = "REFERRALS_STORAGE" if queue.startswith("referrals") else "BOOKINGS_STORAGE"
    return QueueClient.from_connection_string(stack.settings[storage], queue)


def put(stack: Stack, queue: str, body: str) -> None:
    with opened(stack, queue) as client:
        client.send_message(base64.b64encode(body.encode()).decode())
    stack.settle()


def taken_off(stack: Stack, queue: str) -> list[dict[str, str]]:
    with opened(stack, queue) as client:
        found = list(client.receive_messages())
        for message in found:
            client.delete_message(message)
    return [json.loads(base64.b64decode(message.content)) for message in found]


def put_mail(stack: Stack, named: dict[str, str]) -> tuple[datetime, datetime]:
    """Puts it on the poison queue; between these two moments of the clock it was handled."""
    clock = LocalClock(stack.clock_path)
    before = clock()
    put(stack, "emails-poison", json.dumps(named))
    return before, clock()


def log_of(stack: Stack, named: dict[str, str]) -> dict[str, Any]:
    return dict(rows(stack, "MailLog").get_entity(named["session"], named["mail"]))


def add_to_log(stack: Stack, named: dict[str, str], **cells: Any) -> None:
    keys = {"PartitionKey": named["session"], "RowKey": named["mail"]}
    rows(stack, "MailLog").create_entity(keys | {"At": moment_text(MORNING), "Attempts": 1} | cells)


def people(stack: Stack, session_id: str) -> list[tuple[str, str, str]]:
    return [(row["Name"], row["Email"], row["State"]) for row in roster(stack, session_id)]


def letters(stack: Stack, session_id: str) -> int:
    return len(mails_to(stack, f"canary@{session_id}.nhs.net"))


def is_within(text: str, times: tuple[datetime, datetime], wait: timedelta) -> bool:
    begun, ended = (moment_text(time + wait) for time in times)
    return begun <= text <= ended


def test_an_email_that_nobody_claimed_is_held_for_an_hour(stack: Stack, named: dict[str, str]) -> None:
    times = put_mail(stack, named)

    row = log_of(stack, named)
    assert (row["State"], row["LastError"], row["Attempts"]) == ("sending", "handling-failed", 0)
    assert is_within(row["NotBefore"], times, HOUR)
    assert people(stack, named["session"]) == [("Canary-Name", f"canary@{named['session']}.nhs.net", "confirmed")]


def test_an_email_that_someone_claimed_is_held_and_the_claim_kept(stack: Stack, named: dict[str, str]) -> None:
    claim = {"State": "sending", "OperationId": "operation", "ClaimedBy": "somebody", "Attempts": 3}
    add_to_log(stack, named, **claim, NotBefore=moment_text(MORNING))

    times = put_mail(stack, named)

    row = log_of(stack, named)
    assert {name: row[name] for name in claim} == claim
    assert row["LastError"] == "handling-failed"
    assert is_within(row["NotBefore"], times, HOUR)


@pytest.mark.parametrize("state", ["sent", "failed", "skipped"])
def test_an_email_that_came_to_its_end_is_left_as_it_is(stack: Stack, named: dict[str, str], state: str) -> None:
    add_to_log(stack, named, State=state, NotBefore="")
    before = log_of(stack, named)

    put_mail(stack, named)

    assert log_of(stack, named) == before


def test_a_held_email_is_not_sent_within_the_hour_and_after_it_once(stack: Stack, named: dict[str, str]) -> None:
    [host], body = stack.hosts, json.dumps(named)
    begun, ended = put_mail(stack, named)

    stack.set_clock(begun + timedelta(minutes=58))
    taken_off(stack, "emails")
    stack.tick()
    assert named not in taken_off(stack, "emails"), "the schedule leaves it alone"
    host.run("send_mail", body)
    assert letters(stack, named["session"]) == 0

    stack.set_clock(ended + HOUR, speed=20)
    stack.tick()
    assert named in taken_off(stack, "emails"), "the schedule names it again"
    for _ in range(2):
        host.run("send_mail", body)
    assert letters(stack, named["session"]) == 1
    assert log_of(stack, named)["State"] == "sent"


def test_the_log_tells_the_session_of_an_email_that_failed_and_nothing_of_the_person(
    stack: Stack, named: dict[str, str]
) -> None:
    put_mail(stack, named)

    [line] = [line for line in stack.log_text().splitlines() if named["session"] in line]
    assert "ERROR" in line
    assert went_off(line, "message-failed-repeatedly")
    assert not is_canary_in(stack.log_text())
    assert named["mail"] not in line


def test_a_referral_is_kept_sealed_and_tried_again(stack: Stack) -> None:
    reference = post_json(f"{stack.site}/one-to-one", CANARIES).json["reference"]
    sealed = rows(stack, "SealedReferrals", "REFERRALS_STORAGE")
    before, clock = dict(sealed.get_entity("referrals", reference)), LocalClock(stack.clock_path)

    begun, start = clock(), len(stack.log_text())
    put(stack, "referrals-poison", json.dumps({"v": "1", "referral": reference}))
    times = (begun, clock())

    status = rows(stack, "Referrals", "REFERRALS_STORAGE").get_entity("referrals", reference)
    assert (status["State"], status["LastError"]) == ("received", "handling-failed")
    assert is_within(status["NotBefore"], times, timedelta(minutes=1))
    assert dict(sealed.get_entity("referrals", reference)) == before
    [line] = [line for line in stack.log_text()[start:].splitlines() if "a referral could not be processed" in line]
    assert "ERROR" in line
    assert reference not in stack.log_text(), "it is tried again: nobody has to act on it yet"
    assert not is_canary_in(stack.log_text())


def test_a_referral_that_was_held_still_arrives_once(stack: Stack) -> None:
    [host], clock = stack.hosts, LocalClock(stack.clock_path)
    reference = post_json(f"{stack.site}/one-to-one", CANARIES).json["reference"]
    body = json.dumps({"v": "1", "referral": reference})
    put(stack, "referrals-poison", body)

    stack.set_clock(clock() + timedelta(minutes=1), speed=20)
    for _ in range(2):
        host.run("forward_referral", body)

    arrived = mails_to(stack, stack.settings["REFERRAL_RECIPIENT"])
    assert len([mail for mail in arrived if reference in mail["content"]["subject"]]) == 1
    assert rows(stack, "Referrals", "REFERRALS_STORAGE").get_entity("referrals", reference)["State"] == "sent"


@pytest.mark.parametrize("queue", ["emails-poison", "referrals-poison"])
@pytest.mark.parametrize("body", ["canary", '{"v": "1", "referral": "canary/", "session": "canary", "mail": "#"}'])
def test_a_message_that_is_none_of_ours_is_taken_off_and_not_quoted(stack: Stack, queue: str, body: str) -> None:
    put(stack, queue, body)
    told = f"dropped unrecognised message from queue {queue}"

    assert told in stack.log_text()
    with opened(stack, queue) as client:
        assert client.get_queue_properties().approximate_message_count == 0
    assert not is_canary_in(stack.log_text())


# ---- The guide for operators ----


def test_messages_that_were_deleted_are_put_on_the_queue_again_by_the_next_run(
    stack: Stack, named: dict[str, str]
) -> None:
    """`named` was taken off its queue, as a message that someone deletes."""
    reference = post_json(f"{stack.site}/one-to-one", CANARIES).json["reference"]
    assert reference in str(taken_off(stack, "referrals"))

    stack.set_clock(LocalClock(stack.clock_path)() + timedelta(minutes=5))
    stack.tick()

    assert named in taken_off(stack, "emails")
    assert reference in str(taken_off(stack, "referrals"))


HELD_BY = {
    (
        "Delete every message of `emails`",
        "The next run puts the emails that are due on the queue again",
    ): test_messages_that_were_deleted_are_put_on_the_queue_again_by_the_next_run,
    (
        "Delete every message of `referrals`",
        "The next run puts the referrals that are due on the queue again",
    ): test_messages_that_were_deleted_are_put_on_the_queue_again_by_the_next_run,
    (
        "Put the message of an email on `emails-poison`",
        "It is put off by an hour, and then sent once",
    ): test_a_held_email_is_not_sent_within_the_hour_and_after_it_once,
    (
        "Put the message of a referral on `referrals-poison`",
        "It is put off, and then sent once",
    ): test_a_referral_that_was_held_still_arrives_once,
    (
        "Put a text that is no message of ours on `emails-poison`",
        "It is taken off, and nothing is sent",
    ): test_a_message_that_is_none_of_ours_is_taken_off_and_not_quoted,
}
"""What the guide says of the queues, and the test of this file that does it."""


def test_every_sentence_of_the_guide_about_queues_is_held_by_a_test() -> None:
    told = section_rows(OPERATIONS.read_text("utf-8"), "Put work back on the queues")

    assert [row.cells for row in told] == list(HELD_BY)
