"""Bookings with addresses that nobody has, by dozens and at once: they take no places from people who are there."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest

from local.clock import LocalClock
from local.stack.stack import Stack, running_stack
from tests.builders import MORNING, london, session_cells
from tests.e2e.conftest import person, roster, rows
from tests.e2e.http_client import all_at_once, get_json, post_json

INVENTED = 60


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """A service whose email emulator reports that emails to some addresses came back."""
    no_budget = {"MAILS_PER_MINUTE": "0", "MAILS_PER_HOUR": "0"}
    with running_stack(at=MORNING, settings=no_budget, reports=True, load=None) as running:
        running.mail.settings({"per_minute": 0, "per_hour": 0})
        running.mail.faults([{"kind": "report", "report": ["Bounced"], "recipient": "@invented", "count": None}])
        yield running


def states(stack: Stack, session_id: str) -> Counter[str]:
    return Counter(row["State"] for row in roster(stack, session_id))


def places_left(stack: Stack, session_id: str) -> int:
    [found] = [each for each in get_json(f"{stack.site}/sessions").json["sessions"] if each["id"] == session_id]
    return int(found["places_left"])


def test_60_invented_outside_addresses_leave_four_fifths_of_the_places_to_others(stack: Stack) -> None:
    rows(stack, "Sessions").create_entity(session_cells(RowKey="outside"))
    bodies = [
        person("outside", email=f"x{number}@home.example", works_here=True, join_waiting_list=True)
        for number in range(INVENTED)
    ]

    answers = all_at_once(f"{stack.site}/bookings", bodies)

    assert {answer.status for answer in answers} == {201}
    assert states(stack, "outside") == {"to-check": 2, "waiting": INVENTED - 2}
    assert places_left(stack, "outside") == 10
    staff = all_at_once(f"{stack.site}/bookings", [person("outside", f"staff{number}") for number in range(10)])
    assert [(answer.status, answer.json["state"]) for answer in staff] == [(201, "confirmed")] * 10
    stack.set_clock(MORNING + timedelta(hours=2, minutes=1))
    late = post_json(f"{stack.site}/bookings", person("outside", "late"))
    assert (late.status, late.json["state"]) == (201, "confirmed")
    assert states(stack, "outside") == {"confirmed": 11, "to-check": 1, "waiting": INVENTED - 1}


def test_60_invented_staff_addresses_whose_emails_come_back_hold_nothing_two_working_days_later(stack: Stack) -> None:
    now = LocalClock(stack.clock_path)()
    rows(stack, "Sessions").create_entity(session_cells(RowKey="staff", Date="2023-09-20"))
    bodies = [
        person("staff", email=f"x{number}@invented.nhs.net", join_waiting_list=True) for number in range(INVENTED)
    ]

    answers = all_at_once(f"{stack.site}/bookings", bodies)

    assert Counter(answer.status for answer in answers)[201] >= 48, "12 places, and 36 who wait"
    stack.settle()
    for at in (now + timedelta(minutes=6), now + timedelta(minutes=12), london("2023-09-04 12:00")):
        stack.set_clock(at)
        stack.tick()
        stack.settle()
    assert states(stack, "staff")["to-check"] == 12, "nothing is released before someone could look"
    # Before two working days are over each is sent the email once more; it comes back again.
    evening, morning = timedelta(days=3, hours=13), timedelta(days=4, minutes=30)
    for later in (evening, evening + timedelta(minutes=6), morning, morning + timedelta(minutes=6)):
        stack.set_clock(now + later)
        stack.tick()
        stack.settle()

    assert states(stack, "staff").keys() == {"cancelled"}
    assert places_left(stack, "staff") == 12


def test_a_victim_of_many_forms_gets_three_emails_a_day_and_the_others_together(stack: Stack) -> None:
    now = LocalClock(stack.clock_path)()
    sessions = [f"victim{number}" for number in range(6)]
    for session_id in sessions:
        rows(stack, "Sessions").create_entity(session_cells(RowKey=session_id, Date="2023-09-20"))
    typed = {"full_name": "You are dismissed", "adjustments": "Hand in your badge"}
    forms = [person(each, email=f"victim+{tag}@victim.nhs.net", **typed) for each in sessions for tag in range(4)]
    assert {answer.status for answer in all_at_once(f"{stack.site}/bookings", forms)} == {201}

    for minutes in (0, 6, 60, 24 * 60 + 25, 24 * 60 + 31):
        stack.set_clock(now + timedelta(minutes=minutes))
        stack.tick()
        stack.settle()
        sent = len([mail for mail in stack.mail.messages() if "@victim" in str(mail["recipients"])])
        assert sent == (3 if minutes <= 24 * 60 else 4)

    got = [mail["content"] for mail in stack.mail.messages() if "@victim" in str(mail["recipients"])]
    references = [row["Reference"] for each in sessions for row in roster(stack, each)]
    assert len(got) == 4
    assert {each for each in references if any(each in mail["plainText"] for mail in got)} == set(references)
    assert not any("dismissed" in str(mail) or "badge" in str(mail) for mail in got)
    assert all("waits until" not in row["Mail"] for each in sessions for row in roster(stack, each))
