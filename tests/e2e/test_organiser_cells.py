"""Cells by which an organiser holds emails, has one sent again and asks for feedback, on the running service."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from azure.data.tables import UpdateMode

from local.stack.stack import Stack, running_stack
from tests.builders import MORNING, london, session_cells
from tests.e2e.conftest import mails_to, person, roster, rows
from tests.e2e.http_client import post_json

LINK = "https://forms.example/feedback/1"
SETTINGS = {
    "FEEDBACK_EMAILS": "yes",
    "MAILS_PER_MINUTE": "0",
    "MAILS_PER_HOUR": "0",
    "AzureWebJobs.schedule.Disabled": "true",  # the tests say when the timer runs
}


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running_stack(at=MORNING, settings=SETTINGS, load=None) as running:
        yield running


def booked(stack: Stack, session_id: str, *names: str, **cells: object) -> None:
    stack.set_clock(MORNING)
    rows(stack, "Sessions").create_entity(session_cells(RowKey=session_id, Capacity=1) | cells)
    for name in names:
        assert post_json(f"{stack.site}/bookings", person(session_id, name, join_waiting_list=True)).status == 201
    run(stack, MORNING)


def run(stack: Stack, at: datetime) -> None:
    stack.set_clock(at)
    stack.tick()
    stack.settle()


def edit(stack: Stack, session_id: str, **cells: str) -> None:
    rows(stack, "Sessions").update_entity({"PartitionKey": "sessions", "RowKey": session_id, **cells}, UpdateMode.MERGE)


def kinds(stack: Stack, session_id: str, name: str) -> list[str]:
    mails = mails_to(stack, f"{name}@{session_id}.nhs.net")
    return [mail["content"]["subject"].removeprefix("Staff session ").partition(":")[0] for mail in mails]


def test_emails_that_are_held_go_in_one_with_the_final_state_and_no_reminder_is_late(stack: Stack) -> None:
    booked(stack, "held", "ann", "ben", HoldEmails="yes")
    edit(stack, "held", Time="16:00", Place="Room 4", Note="Ring twice.")
    for hours in (1, 25, 150):
        run(stack, MORNING + timedelta(hours=hours))
    row = dict(rows(stack, "Sessions").get_entity("sessions", "held"))
    assert (kinds(stack, "held", "ann"), kinds(stack, "held", "ben")) == (["booked"], ["waiting list"])
    assert row["Problem"].startswith("HoldEmails has been yes since Friday 1 September 2023, 9am: ")
    assert row["Notice"].startswith("2 people will be emailed once HoldEmails is empty: the session moves to ")

    edit(stack, "held", HoldEmails="")
    run(stack, MORNING + timedelta(hours=151))
    run(stack, MORNING + timedelta(hours=152))

    assert kinds(stack, "held", "ann") == ["booked", "changed"]
    text = mails_to(stack, "ann@held.nhs.net")[1]["content"]["plainText"]
    assert all(words in text for words in ("4pm to 5:15pm", "Room 4, or online", "Ring twice."))
    assert dict(rows(stack, "Sessions").get_entity("sessions", "held"))["HeldSince"] == ""


def test_a_confirmation_is_sent_again_once_and_the_cell_is_emptied(stack: Stack) -> None:
    booked(stack, "again", "ann", "ben")
    for row in roster(stack, "again"):
        keys = {name: row[name] for name in ("PartitionKey", "RowKey")}
        rows(stack, "Bookings").update_entity({**keys, "SendAgain": " Yes"}, UpdateMode.MERGE)
    for minutes in (60, 65, 70):
        run(stack, MORNING + timedelta(minutes=minutes))

    assert kinds(stack, "again", "ann") == ["booked", "booked"]
    assert kinds(stack, "again", "ben") == ["waiting list", "waiting list"]
    assert {row["SendAgain"] for row in roster(stack, "again")} == {""}


def test_who_had_a_place_is_asked_once_how_it_was(stack: Stack) -> None:
    booked(stack, "asked", "ann", "ben", FeedbackUrl=LINK)
    end = london("2023-09-08 16:15")
    for minutes in (-5, 5, 10, 15):
        run(stack, end + timedelta(minutes=minutes))
    run(stack, end + timedelta(days=2))

    assert kinds(stack, "asked", "ann").count("feedback") == 1
    assert "feedback" not in kinds(stack, "asked", "ben")
    assert LINK in mails_to(stack, "ann@asked.nhs.net")[-1]["content"]["plainText"]
    assert dict(rows(stack, "Sessions").get_entity("sessions", "asked"))["Over"] == "yes"
