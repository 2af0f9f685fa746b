"""Emails to those who run the sessions, on the running service: what the organiser has to see to, and the numbers.

Each email has one recipient, and nobody is told more than they are to know.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from local.clock import LocalClock
from local.stack.stack import Stack, running_stack
from tests.alarms import went_off
from tests.builders import MORNING, london, session_cells
from tests.e2e.conftest import mails_to, person, prove, roster, rows, unalarmed_errors
from tests.e2e.http_client import post_json

ORGANISER, FACILITATORS = "organiser@trust.example", "facilitators@provider.example"
SESSION = "staffed"
SETTINGS = {
    "ORGANISER_EMAIL": ORGANISER,
    "FACILITATOR_EMAIL": FACILITATORS,
    "FACILITATOR_LIST": "names",
    "MAILS_PER_MINUTE": "0",
    "MAILS_PER_HOUR": "0",
    # One run at a time, by hand: of two at once either may be the one that tells, and each has seen a little less.
    "AzureWebJobs.schedule.Disabled": "true",
}


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """A session without its link: one shares what she needs, another does not, one is to be checked, one waits."""
    with running_stack(at=MORNING, settings=SETTINGS, load=None, reports=True) as running:
        rows(running, "Sessions").create_entity(session_cells(RowKey=SESSION, JoinUrl="", Capacity=3))
        running.mail.faults([{"kind": "report", "report": ["Bounced"], "recipient": "ben@"}])
        book(running, "ann", adjustments="Captions, please", share_adjustments=True)
        book(running, "ben", adjustments="A secret of Ben's", share_adjustments=False)
        book(running, "cem", email="cem@agency.example", works_here=True)
        running.settle()
        prove(running, "cem@agency.example")
        book(running, "dee", join_waiting_list=True)
        running.settle()
        yield running
        assert unalarmed_errors(running) == []


def book(stack: Stack, name: str, **changes: Any) -> None:
    answer = post_json(f"{stack.site}/bookings", person(SESSION, name, full_name=name.title(), **changes))
    assert answer.status == 201, answer.text


def pass_time(stack: Stack, **how: float) -> None:
    """So much later the timer has run, and everything that it named is done."""
    stack.set_clock(LocalClock(stack.clock_path)() + timedelta(**how))
    stack.tick()
    stack.settle()


def texts(stack: Stack, address: str) -> list[str]:
    return [str(mail["content"]["plainText"]) for mail in mails_to(stack, address)]


def test_whoever_runs_the_sessions_is_told_what_they_have_to_know_and_no_more(stack: Stack) -> None:
    pass_time(stack, minutes=5)
    [first] = texts(stack, ORGANISER)
    assert "Adjustments asked for: Ann" in first
    assert "A secret of Ben's" not in first, "their mail came back: nobody may be there"
    assert "To check: Cem" in first
    assert "until Tuesday 5 September 2023, 9am" in first
    assert "Problem with the booking of Ben" in first, "their mail came back"
    assert "confirmation bounced" in first
    assert "We keep the place until Monday 4 September 2023, 9:0" in first
    [ben] = [row for row in roster(stack, SESSION) if row["Name"] == "Ben"]
    assert ben["State"] == "to-check"
    rows(stack, "Bookings").update_entity({"PartitionKey": SESSION, "RowKey": ben["RowKey"], "State": "confirmed"})

    # What comes within the hour waits for the next email.
    keys = {"PartitionKey": "sessions", "RowKey": SESSION}
    rows(stack, "Sessions").update_entity(keys | {"Minutes": "long"})
    pass_time(stack, minutes=30)
    assert len(texts(stack, ORGANISER)) == 1
    pass_time(stack, minutes=30)
    assert 'Minutes is "long"' in texts(stack, ORGANISER)[1]
    assert "A secret of Ben's" in texts(stack, ORGANISER)[1], "who is confirmed is there"
    assert "This person has a place and wants only you to see this" in texts(stack, ORGANISER)[1]
    assert "To check" not in texts(stack, ORGANISER)[1], "each thing is told once"
    rows(stack, "Sessions").update_entity(keys | {"Minutes": 75})

    # A week before: the numbers go out, and someone has to find the link.
    stack.set_clock(london("2023-09-01 15:00"))
    pass_time(stack, minutes=1)
    [week] = texts(stack, FACILITATORS)
    assert all(f"{name}:\n    {number}\n" in week for name, number in (("Booked", 2), ("Places", 3)))
    assert "On the waiting list:\n    1" in week
    assert "Captions, please" in week
    assert "- Ann\n- Ben" in week
    assert not [word for word in ("secret", "Cem", "Dee", "@") if word in week.replace(FACILITATORS, "")]
    assert "No joining link" in texts(stack, ORGANISER)[-1]

    # A day before, with nothing new to see to but the list.
    before = len(texts(stack, ORGANISER))
    rows(stack, "Sessions").update_entity(keys | {"JoinUrl": "https://teams.example/join/1"})
    pass_time(stack, minutes=5)
    pass_time(stack, minutes=20)
    stack.set_clock(london("2023-09-07 15:00"))
    pass_time(stack, minutes=1)
    assert len(texts(stack, FACILITATORS)) == 2
    [booked] = texts(stack, ORGANISER)[before:]
    assert "No one has a confirmed place" not in booked
    assert all(f"- {name} (" in booked for name in ("Ann", "Ben"))
    assert "2 people have needs: see Adjustments" in booked
    assert not [word for word in ("secret", "Captions", "Dee", "@") if word in booked]

    # And once more when the row asks.
    rows(stack, "Sessions").update_entity(keys | {"Send": "list"})
    pass_time(stack, minutes=5)
    pass_time(stack, minutes=5)
    assert len(texts(stack, ORGANISER)) == before + 2
    assert rows(stack, "Sessions").get_entity("sessions", SESSION)["Send"] == ""


def test_each_of_these_emails_has_one_recipient_and_a_neutral_subject(stack: Stack) -> None:
    staff = mails_to(stack, ORGANISER) + mails_to(stack, FACILITATORS)

    assert staff
    for mail in staff:
        assert [len(who) for who in mail["recipients"].values() if who] == [1]
        subject = mail["content"]["subject"]
        assert subject.startswith("Staff session")
        assert not [name for name in ("Ann", "Ben", "Cem", "Captions") if name in subject]
    assert not [name for name in ("Ann", "Ben", "agency.example", "Captions") if name in stack.log_text()]


def test_one_that_comes_back_is_told_to_those_who_operate_the_service(stack: Stack) -> None:
    emailed = len(texts(stack, ORGANISER))
    assert emailed
    assert not went_off(stack.log_text(), "staff-email-bounces"), "each arrived"
    stack.mail.faults([{"kind": "report", "report": ["Bounced"], "recipient": ORGANISER}])

    rows(stack, "Sessions").update_entity({"PartitionKey": "sessions", "RowKey": SESSION, "Send": "list"})
    pass_time(stack, minutes=5)
    pass_time(stack, minutes=5)

    assert len(texts(stack, ORGANISER)) == emailed + 1
    assert went_off(stack.log_text(), "staff-email-bounces")
    assert ORGANISER not in stack.log_text()
