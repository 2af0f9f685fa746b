"""Two rows of the schedule with the same RowKey: one stays the session, nothing is announced, and both say so."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.builders import london, session_cells
from tests.every_row import every_row
from tests.unit.shared.bookings.booking_system import BookingHarness
from tests.unit.shared.bookings.staff_emails.test_organiser_digest import HarnessWithOrganiser

SAYS = "Another row has the same RowKey"


def harness_with(*names: str, **cells: Any) -> HarnessWithOrganiser:
    harness = HarnessWithOrganiser(**cells)
    for name in names:
        harness.book(name, join_waiting_list=True)
    harness.tick()
    return harness


def type_twin(harness: BookingHarness, partition: str = "session", **cells: Any) -> None:
    """An administrator adds a row with the same RowKey and, by a slip, another PartitionKey."""
    harness.add_session(**{"PartitionKey": partition, "Date": "2023-09-15", "Time": "11:00", "Capacity": 20} | cells)


def delete_row(harness: BookingHarness, partition: str) -> None:
    del harness.sessions.rows[(partition, "s1")]


def problems(harness: BookingHarness) -> dict[str, str]:
    return {row.partition: row.text("Problem") for row in harness.sessions.query() if row.key == "s1"}


@every_row("partition", ["session", "Sessions", "a", "zzz", "p" * 500])
@every_row("cells", [{}, {"State": "cancelled"}, {"JoinUrl": "https://teams.example/join/2"}])
def test_nothing_is_announced_while_two_rows_have_one_key(partition: str, cells: dict[str, Any]) -> None:
    harness = harness_with("ann", "ben")
    type_twin(harness, partition, **cells)
    harness.live(until=harness.now + timedelta(hours=26))

    assert harness.kinds("ann") == harness.kinds("ben") == ["booked"]
    assert all(said.startswith(SAYS) for said in problems(harness).values())
    assert len(problems(harness)) == 2


def test_booked_row_stays_the_session_for_everyone() -> None:
    harness = harness_with("ann")
    type_twin(harness, "a")
    harness.tick()

    [opening] = harness.booking().bookable_sessions(harness.now)
    assert opening.session.starts == london("2023-09-08 15:00")
    assert harness.self_service().find(harness.token("ann"), harness.now).session.starts == opening.session.starts
    harness.book("ben")
    assert "Friday 8 September 2023, 3pm to 4:15pm" in harness.mails("ben")[0].text
    harness.live(until=london("2023-09-08 15:00"))
    assert harness.kinds("ann") == ["booked", "reminder", "reminder"]


def test_row_in_another_partition_stays_the_session_if_it_was_booked() -> None:
    harness = harness_with("ann", PartitionKey="a")
    type_twin(harness, "sessions")
    harness.tick()

    [opening] = harness.booking().bookable_sessions(harness.now)
    assert opening.session.starts == london("2023-09-08 15:00")
    assert 'the row with PartitionKey "a"' in problems(harness)["sessions"]


@pytest.mark.parametrize("twins", [["a", "sessions"], ["sessions", "z"], ["a", "b"]])
def test_of_rows_that_nobody_was_told_of_the_loaded_partition_is_the_session_else_the_first(twins: list[str]) -> None:
    harness = BookingHarness()
    harness.sessions.rows.clear()
    for number, partition in enumerate(twins):
        harness.add_session(PartitionKey=partition, Date=f"2023-09-1{number}")
    kept = f"2023-09-1{twins.index('sessions') if 'sessions' in twins else 0} 15:00"

    [opening] = harness.booking().bookable_sessions(harness.now)
    assert opening.session.starts == london(kept)
    harness.tick()
    assert all(said.startswith(SAYS) for said in problems(harness).values())
    assert [row.text("Announced") for row in harness.sessions.query()] == ["", ""]


def test_announced_row_that_nobody_has_booked_stays_the_session() -> None:
    harness = BookingHarness(PartitionKey="z")
    harness.tick()
    type_twin(harness, "sessions")
    harness.tick()

    assert harness.booking().session("s1").starts == london("2023-09-08 15:00")


def test_copy_with_the_whole_history_is_not_the_session() -> None:
    harness = harness_with("ann")
    harness.sessions.insert(dict(harness.session_row().cells) | {"PartitionKey": "a", "Date": "2023-09-15"})
    harness.live(until=harness.now + timedelta(hours=1))

    assert harness.kinds("ann") == ["booked"]
    assert "go by this row" in problems(harness)["sessions"]


def test_an_edit_of_the_session_waits_until_its_twin_is_gone() -> None:
    harness = harness_with("ann")
    type_twin(harness)
    row = harness.sessions.rows[("sessions", "s1")]
    harness.sessions.put({**row.cells, "Time": "16:00"})
    harness.live(until=harness.now + timedelta(hours=2))
    assert harness.kinds("ann") == ["booked"]
    assert harness.sessions.rows[("sessions", "s1")].text("Notice") == ""

    delete_row(harness, "session")
    harness.tick()
    assert "1 person will be emailed" in harness.session_row().text("Notice")
    assert harness.session_row().text("Problem") == ""
    harness.live(until=harness.now + timedelta(minutes=20))
    assert harness.kinds("ann") == ["booked", "changed"]


def test_twin_that_is_left_alone_is_announced_as_an_edit() -> None:
    harness = harness_with("ann")
    type_twin(harness)
    harness.live(until=harness.now + timedelta(hours=1))
    delete_row(harness, "sessions")
    harness.live(until=harness.now + timedelta(minutes=25))

    assert harness.kinds("ann") == ["booked", "changed"]
    assert "Friday 15 September 2023, 11am" in harness.mails("ann")[1].text
    assert harness.session_row().text("Problem") == ""


def test_twin_that_is_added_anew_with_another_key_is_a_session_of_its_own() -> None:
    harness = harness_with("ann")
    type_twin(harness)
    harness.tick()
    delete_row(harness, "session")
    harness.add_session(RowKey="s2", Date="2023-09-15")
    harness.live(until=harness.now + timedelta(minutes=30))

    assert harness.kinds("ann") == ["booked"]
    assert set(problems(harness).values()) == {""}
    assert [each.session.id for each in harness.booking().bookable_sessions(harness.now)] == ["s1", "s2"]


@pytest.mark.parametrize("capacity", [1, 9])
def test_no_place_is_given_by_the_timer_while_two_rows_have_one_key(capacity: int) -> None:
    harness = harness_with("ann", "ben", Capacity=1)
    type_twin(harness, Capacity=capacity)
    row = harness.sessions.rows[("sessions", "s1")]
    harness.sessions.put({**row.cells, "Capacity": 5})
    harness.live(until=harness.now + timedelta(hours=1))
    assert harness.states() == {"ann": "confirmed", "ben": "waiting"}

    delete_row(harness, "session")
    harness.tick()
    assert harness.states() == {"ann": "confirmed", "ben": "confirmed"}


def test_nobody_to_check_loses_a_place_while_two_rows_have_one_key() -> None:
    harness = BookingHarness(Date="2023-09-15")
    harness.book("dee", email="dee@personal.example", works_here=True, proves=True)
    harness.tick()
    type_twin(harness, Date="2023-09-20")
    harness.live(until=london("2023-09-06 12:00"))

    assert harness.states() == {"dee": "to-check"}


def test_organiser_is_told_once() -> None:
    harness = harness_with("ann")
    type_twin(harness)
    harness.live(until=harness.now + timedelta(hours=6))

    [text] = harness.texts_received
    assert text.count("Two rows have this RowKey") == 1


def test_other_problems_of_both_rows_are_named_as_well() -> None:
    harness = harness_with("ann", State="open")
    type_twin(harness, Capacity="twelve")
    row = harness.sessions.rows[("sessions", "s1")]
    harness.sessions.put({**row.cells, "Time": "three"})
    harness.tick()

    assert 'Capacity is "twelve"' in problems(harness)["session"]
    assert 'Time is "three"' in problems(harness)["sessions"]
    assert all(SAYS in said for said in problems(harness).values())
    assert harness.book("ben").state == "confirmed"


def test_three_rows_name_each_other() -> None:
    harness = harness_with("ann")
    type_twin(harness, "a")
    type_twin(harness, "b")
    harness.tick()

    assert 'with PartitionKey "a", "b"' in problems(harness)["sessions"]
    assert 'with PartitionKey "b", "sessions"' in problems(harness)["a"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda cells: cells | {"Announced": ""},
        lambda cells: cells | {"Announced": "{"},
    ],
)
def test_history_that_neither_row_has_is_not_lost(damage: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    harness = harness_with("ann")
    harness.sessions.put(damage(dict(harness.session_row().cells) | {"Date": "2023-09-20"}))
    type_twin(harness, "z")
    harness.live(until=harness.now + timedelta(hours=1))
    assert harness.kinds("ann") == ["booked"]

    delete_row(harness, "z")
    harness.live(until=harness.now + timedelta(minutes=30))
    assert harness.kinds("ann") == ["booked", "changed"]
    assert "Wednesday 20 September" in harness.mails("ann")[1].text


def test_rows_of_one_key_cost_one_request_more() -> None:
    harness = harness_with("ann")
    before = harness.service.calls
    harness.booking().session("s1")
    assert harness.service.calls == before

    type_twin(harness)
    harness.booking().session("s1")
    assert harness.service.calls == before + 1


def test_twin_of_a_past_session_is_named_and_its_numbers_stay() -> None:
    harness = harness_with("ann")
    harness.at(london("2023-09-10 09:00"))
    harness.sessions.insert(session_cells(PartitionKey="z", Date="2023-10-10"))
    harness.tick()

    assert all(said.startswith(SAYS) for said in problems(harness).values())
    assert harness.sessions.rows[("sessions", "s1")].text("Confirmed") == "1"
    assert harness.booking().bookable_sessions(harness.now) == []


def test_twin_of_a_session_that_was_over_long_ago_is_never_announced_to_its_attendees() -> None:
    harness = harness_with("ann")
    harness.at(london("2023-09-10 09:00"))
    harness.live(until=london("2023-09-10 10:00"))
    told = harness.kinds("ann")
    harness.add_session(PartitionKey="z", Date="2023-10-10")
    harness.live(until=london("2023-09-10 13:00"))
    harness.at(london("2023-09-11 09:00"))
    harness.live(until=london("2023-09-11 10:00"))

    assert all(said.startswith(SAYS) for said in problems(harness).values())
    assert harness.kinds("ann") == told
