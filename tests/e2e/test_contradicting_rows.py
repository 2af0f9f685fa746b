"""Rows of the portal that contradict each other, through the running host: a rule decides, and nobody is told twice."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from azure.data.tables import UpdateMode

from local.stack.stack import Stack, running_stack
from tests.builders import MORNING, london, session_cells
from tests.e2e.conftest import AddSession, act_form, rows
from tests.e2e.http_client import get, get_json, post_form
from tests.e2e.test_portal_edits import (
    NO_BUDGET,
    add_person,
    book,
    jump_to,
    kinds,
    last_text,
    link,
    person_row,
    problem,
    session_row,
    states,
    tick,
)

TWICE = "Another row has the same RowKey"
SET_BACK = "This row was saved as it had been before the booking was cancelled"


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running_stack(at=MORNING, settings=NO_BUDGET, load=None) as running:
        yield running


@pytest.fixture(autouse=True)
def _fresh_morning(stack: Stack) -> None:
    stack.settle()
    stack.set_clock(MORNING)
    stack.settle()


def save(stack: Stack, row: Mapping[str, Any]) -> None:
    """Saves a booking's row as the portal does: all of it, as it was opened."""
    rows(stack, "Bookings").upsert_entity(dict(row), UpdateMode.REPLACE)


def test_second_row_of_a_session_is_announced_to_nobody_and_changes_nothing(
    stack: Stack, add_session: AddSession
) -> None:
    session_id = add_session(Capacity=1)
    book(stack, session_id, "ann", "ben")
    tick(stack)
    twin = session_cells(PartitionKey="session", RowKey=session_id, Date="2023-09-15", Capacity=9)
    rows(stack, "Sessions").create_entity(twin)
    for at in ("2023-09-01 09:10", "2023-09-01 09:40", "2023-09-01 12:00"):
        jump_to(stack, london(at))

    assert problem(stack, session_id).startswith(TWICE)
    assert rows(stack, "Sessions").get_entity("session", session_id)["Problem"].startswith(TWICE)
    assert states(stack, session_id) == {"ann": "confirmed", "ben": "waiting"}
    assert (kinds(stack, session_id, "ann"), kinds(stack, session_id, "ben")) == (["booked"], ["waiting list"])
    [listed] = [each for each in get_json(f"{stack.site}/sessions").json["sessions"] if each["id"] == session_id]
    assert listed["starts"].startswith("2023-09-08")
    assert "Friday 8 September 2023" in get(link(stack, session_id, "ann")).text

    rows(stack, "Sessions").delete_entity("session", session_id)
    tick(stack)
    assert problem(stack, session_id) == ""
    jump_to(stack, london("2023-09-07 15:00"))
    assert kinds(stack, session_id, "ann") == ["booked", "reminder"]
    assert "Friday 8 September 2023" in last_text(stack, session_id, "ann")


def test_stale_save_does_not_bring_back_who_cancelled(stack: Stack, add_session: AddSession) -> None:
    session_id = add_session(Capacity=1)
    book(stack, session_id, "ann", "ben")
    tick(stack)
    form = person_row(stack, session_id, "ann")
    mine = link(stack, session_id, "ann")
    assert post_form(f"{mine}/cancel", act_form(stack, mine, "cancel")).status == 303
    stack.settle()
    save(stack, form)
    assert states(stack, session_id) == {"ann": "confirmed", "ben": "confirmed"}
    tick(stack)

    assert states(stack, session_id) == {"ann": "cancelled", "ben": "confirmed"}
    assert person_row(stack, session_id, "ann")["Problem"].startswith(SET_BACK)
    assert session_row(stack, session_id)["Confirmed"] == 1
    jump_to(stack, london("2023-09-07 15:00"))
    assert kinds(stack, session_id, "ann") == ["booked", "no longer booked"]
    assert kinds(stack, session_id, "ben") == ["waiting list", "booked", "reminder"]


def test_stale_save_is_a_new_booking_where_a_place_is_free(stack: Stack, add_session: AddSession) -> None:
    session_id = add_session()
    book(stack, session_id, "ann")
    form, old = person_row(stack, session_id, "ann"), link(stack, session_id, "ann")
    assert post_form(f"{old}/cancel", act_form(stack, old, "cancel")).status == 303
    stack.settle()
    save(stack, form)
    tick(stack)

    assert kinds(stack, session_id, "ann") == ["booked", "no longer booked", "booked"]
    assert "Your place is booked" in get(link(stack, session_id, "ann")).text
    assert "Your place is booked" in get(old).text, "it leads to the same person's booking as it now stands"


def test_who_is_typed_in_twice_or_under_no_session_is_named(stack: Stack, add_session: AddSession) -> None:
    session_id = add_session(Capacity=2)
    book(stack, session_id, "ann")
    add_person(stack, session_id, "ann", Name="Typed")
    add_person(stack, session_id.upper(), "dee", Email="dee@stray.nhs.net")
    jump_to(stack, london("2023-09-01 10:30"))

    reference = person_row(stack, session_id, "ann")["Reference"]
    assert f"is booked already: reference {reference}" in person_row(stack, session_id, "typed")["Problem"]
    assert kinds(stack, session_id, "ann") == ["booked"]
    assert session_row(stack, session_id)["Confirmed"] == 1
    said = person_row(stack, session_id.upper(), "dee")["Problem"]
    assert said.startswith(f"There is no session {session_id.upper()}. Did you mean {session_id}?")
