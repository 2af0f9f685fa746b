"""The table `Numbers` on the running service: from bookings, a number that is typed, and a referral."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest

from local.stack.stack import Stack, running_stack
from tests.builders import MORNING, london, session_cells
from tests.e2e.conftest import person, rows
from tests.e2e.http_client import post_json
from tests.e2e.test_referrals import referral

SESSION, PEOPLE = "counted", 12
SETTINGS = {"MAILS_PER_MINUTE": "0", "MAILS_PER_HOUR": "0", "AzureWebJobs.schedule.Disabled": "true"}
KEYS = {"PartitionKey": "sessions", "RowKey": SESSION}


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running_stack(at=MORNING, settings=SETTINGS, load=None) as running:
        rows(running, "Sessions").create_entity(session_cells(RowKey=SESSION, Capacity=20))
        yield running


def run(stack: Stack, at: str) -> None:
    """The timer runs at that moment (London time), and everything that it named is done."""
    stack.set_clock(london(at))
    stack.tick()
    stack.settle()


def numbers(stack: Stack) -> Mapping[str, Mapping[str, Any]]:
    return {row["RowKey"]: row for row in rows(stack, "Numbers").list_entities()}


def type_attended(stack: Stack, number: object) -> None:
    rows(stack, "Sessions").update_entity(KEYS | {"Attended": number})


def session_row(stack: Stack) -> Mapping[str, Any]:
    found: Mapping[str, Any] = rows(stack, "Sessions").get_entity("sessions", SESSION)
    return found


def test_a_month_goes_from_bookings_to_numbers_that_stay_when_the_bookings_are_deleted(stack: Stack) -> None:
    for number in range(PEOPLE):
        answer = post_json(f"{stack.site}/bookings", person(SESSION, f"person{number}"))
        assert answer.status == 201, answer.text
    assert post_json(f"{stack.site}/one-to-one", referral()).status == 201
    stack.settle()
    run(stack, "2023-09-01 09:10")
    assert session_row(stack)["Attended"] == ""

    run(stack, "2023-09-08 16:20")
    assert session_row(stack)["Notice"] == "Write into Attended how many people came, by 29 December 2023."
    type_attended(stack, "seven")
    run(stack, "2023-09-08 16:25")
    assert session_row(stack)["Problem"].startswith('Attended is "seven"')
    type_attended(stack, 7)
    run(stack, "2023-09-08 16:30")
    assert session_row(stack)["Problem"] == ""
    assert session_row(stack)["Notice"].startswith("7 people attended.")
    assert numbers(stack) == {}

    run(stack, "2023-10-01 00:05")
    assert set(numbers(stack)) == {"2023-07"}, "of the month a session may still run"
    run(stack, "2023-10-02 00:05")
    found = numbers(stack)
    month = {
        "PartitionKey": "months",
        "RowKey": "2023-09",
        "Month": "September 2023",
        "Sessions": "fewer than 5",
        "Places": 20,
        "Booked": PEOPLE,
        "Attended": 7,
        "Cancelled": "fewer than 5",
        "Waited": "fewer than 5",
        "Final": "no",
    }
    assert dict(found["2023-09"]) == month
    assert found["2023-07"]["Quarter"] == "July to September 2023"
    assert found["2023-07"]["ReferralsPassedOn"] == "fewer than 5"

    for day in range(4):  # nothing is deleted before the clock has run steadily for days
        stack.set_clock(london("2023-12-08 00:05") + timedelta(days=day))
        stack.tick()
        stack.settle()
    assert list(rows(stack, "Bookings").list_entities()) == []
    type_attended(stack, 6)
    run(stack, "2023-12-12 00:05")
    assert dict(numbers(stack)["2023-09"]) == month | {"Attended": 6}

    run(stack, "2023-12-30 00:05")
    assert dict(numbers(stack)["2023-09"]) == month | {"Attended": 6, "Final": "yes"}
    assert [row for row in rows(stack, "Service").list_entities() if row["PartitionKey"] == "tallies"] == []
