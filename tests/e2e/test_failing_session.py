"""What is wrong with one session or its roster, on the running service: the others go on, and it is named."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from local.stack.stack import Stack, running_stack
from tests.alarms import went_off
from tests.builders import MORNING, session_cells
from tests.e2e.conftest import AddSession, mails_to, person, roster, rows, unalarmed_errors
from tests.e2e.http_client import Answer, ask, get, get_json, post_json

LONG = "x" * 508  # a row key has 512 characters at most: what is remembered of this session finds no room


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running_stack(at=MORNING, load=None) as running:
        yield running
        assert unalarmed_errors(running) == []


def tick(stack: Stack) -> None:
    stack.tick()
    stack.settle()


def details(stack: Stack) -> Answer:
    return get(f"{stack.site}/health/details", **{"x-functions-key": stack.hosts[0].master_key})


def book(stack: Stack, session_id: str, name: str) -> int:
    answer = post_json(f"{stack.site}/bookings", person(session_id, name, email=f"{name}@nhs.net"))
    stack.settle()
    return answer.status


def problem(stack: Stack, session_id: str) -> str:
    return str(rows(stack, "Sessions").get_entity("sessions", session_id).get("Problem", ""))


def test_details_of_the_health_check_need_a_key(stack: Stack) -> None:
    tick(stack)

    assert get(f"{stack.site}/health/details").status == 401
    assert get(f"{stack.site}/health/details", **{"x-functions-key": "wrong"}).status == 401
    assert (details(stack).status, details(stack).json) == (200, {"status": "healthy"})
    head = ask("HEAD", f"{stack.site}/health")
    assert (head.status, head.text) == (200, "")


def test_session_that_fails_says_so_and_is_named_while_the_service_is_ready(
    stack: Stack, add_session: AddSession
) -> None:
    other = add_session()
    rows(stack, "Sessions").create_entity(session_cells(RowKey=LONG))
    assert (book(stack, LONG, "ann"), book(stack, other, "ben")) == (201, 201)
    tick(stack)

    assert problem(stack, LONG).startswith("This session could not be processed at ")
    assert went_off(stack.log_text(), "part-failed")
    assert problem(stack, other) == ""
    assert get(f"{stack.site}/health").status == 200
    [failed] = details(stack).json["sessions"]
    assert (failed["session"], failed["error"]) == (LONG, "StorageRefusedError")
    assert {each["id"] for each in get_json(f"{stack.site}/sessions").json["sessions"]} >= {LONG, other}
    stack.set_clock(MORNING + timedelta(days=6, hours=6))
    stack.settle()
    assert len(mails_to(stack, "ben@nhs.net")) == 2, "a confirmation and a reminder"
    stack.set_clock(MORNING)
    rows(stack, "Sessions").delete_entity("sessions", LONG)
    tick(stack)
    assert details(stack).json == {"status": "healthy"}


def test_roster_that_vanished_stops_new_places_and_goes_on_when_its_rows_are_back(
    stack: Stack, add_session: AddSession
) -> None:
    session_id = add_session(Capacity=2)
    assert (book(stack, session_id, "cem"), book(stack, session_id, "dee")) == (201, 201)
    tick(stack)
    kept: list[Any] = list(rows(stack, "Bookings").query_entities(f"PartitionKey eq '{session_id}'"))
    for row in kept:
        rows(stack, "Bookings").delete_entity(row)

    assert book(stack, session_id, "eve") == 409
    tick(stack)
    assert roster(stack, session_id) == []
    assert problem(stack, session_id).startswith("2 people were emailed that they have a place")
    [lost] = details(stack).json["tables"]
    assert (lost["table"], lost["session"]) == ("Bookings", session_id)

    for row in kept:
        rows(stack, "Bookings").create_entity(row)
    tick(stack)
    assert (problem(stack, session_id), details(stack).json) == ("", {"status": "healthy"})
    assert [len(mails_to(stack, f"{name}@nhs.net")) for name in ("cem", "dee")] == [1, 1]
