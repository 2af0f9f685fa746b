"""A session whose cell `Announced` cannot be read goes on by what is remembered of it, else by its row."""

import json
from datetime import timedelta
from typing import Any

import pytest

from tests.builders import london
from tests.every_row import every_row
from tests.unit.shared.bookings.booking_system import BookingHarness
from tests.unit.shared.bookings.unreadable_cells import UNREADABLE

PROBLEM = "The cell Announced cannot be read"
unreadable = every_row("text", UNREADABLE.values())


def booked(**cells: Any) -> BookingHarness:
    """A session that Ann has booked, seen by a run of the timer."""
    harness = BookingHarness(**cells)
    harness.book("ann")
    harness.tick()
    return harness


def moved() -> BookingHarness:
    """The same, after attendees were told of another time: what they know has two versions."""
    harness = booked()
    harness.edit_session(Time="16:00")
    harness.live(until=harness.now + timedelta(minutes=25))
    assert harness.kinds("ann") == ["booked", "changed"]
    return harness


def go_on(harness: BookingHarness) -> None:
    """Runs of the timer for half an hour, and around both reminders of the session, until it has started."""
    harness.live(until=harness.now + timedelta(minutes=30))
    for moment in ("2023-09-07 14:55", "2023-09-07 15:55", "2023-09-08 13:55", "2023-09-08 14:55"):
        harness.at(london(moment))
        harness.live(until=harness.now + timedelta(minutes=15))


@unreadable
def test_one_that_nobody_has_booked_goes_on_by_its_row_and_stops_no_other(text: str) -> None:
    harness = BookingHarness(Announced=text)
    harness.add_session(RowKey="s2")
    harness.book("ann", "s2")

    assert {each.session.id for each in harness.booking().bookable_sessions(harness.now)} == {"s1", "s2"}
    harness.tick()
    harness.book("ben")
    harness.live(until=harness.now + timedelta(minutes=30))

    assert (harness.kinds("ann"), harness.kinds("ben")) == (["booked"], ["booked"])
    assert "Friday 8 September 2023, 3pm" in harness.mails("ben")[0].text


@unreadable
def test_the_row_says_so_without_quoting_it_until_it_is_written_again(text: str) -> None:
    harness = BookingHarness(Announced=text)

    harness.run_schedule_without_sending()
    said = harness.session_row().text("Problem")
    assert said.startswith(PROBLEM + ":")
    assert text[:8] not in said.removeprefix(PROBLEM) or len(text) < 3
    harness.tick()
    assert harness.session_row().text("Problem") == ""
    assert json.loads(harness.session_row().text("Announced"))["version"] == 1


def test_a_draft_with_such_a_cell_says_so_for_as_long_as_it_stays() -> None:
    harness = BookingHarness(State="draft", Announced="rubbish")
    harness.tick()
    harness.tick()
    assert PROBLEM in harness.session_row().text("Problem")

    harness.edit_session(Announced="")
    harness.tick()
    assert harness.session_row().text("Problem") == ""


def test_other_problems_of_the_row_are_named_beside_it() -> None:
    harness = BookingHarness(Announced="rubbish", Capacity="twelve")
    harness.tick()

    said = harness.session_row().text("Problem")
    assert 'Capacity is "twelve".' in said
    assert PROBLEM in said


@unreadable
def test_attendees_are_told_nothing_twice_and_reminded_once(text: str) -> None:
    harness = moved()
    harness.edit_session(Announced=text)
    go_on(harness)

    assert harness.kinds("ann") == ["booked", "changed", "reminder", "reminder"]
    assert [told["starts"] for told in json.loads(harness.session_row().text("Announced"))["told"]] == [
        "2023-09-08T14:00:00Z",
        "2023-09-08T15:00:00Z",
    ]


@unreadable
def test_a_booking_made_before_the_next_run_goes_by_what_is_remembered(text: str) -> None:
    harness = moved()
    harness.edit_session(Announced=text)
    harness.book("ben")
    harness.live(until=harness.now + timedelta(minutes=30))

    assert (harness.kinds("ann"), harness.kinds("ben")) == (["booked", "changed"], ["booked"])
    assert "4pm to 5:15pm" in harness.mails("ben")[0].text
    assert len(json.loads(harness.session_row().text("Announced"))["told"]) == 2


def test_an_edit_made_with_it_settles_and_is_told_once() -> None:
    harness = moved()
    harness.edit_session(Announced="rubbish", Time="17:00")
    harness.book("ben")
    harness.live(until=harness.now + timedelta(minutes=30))

    assert "4pm to 5:15pm" in harness.mails("ben")[0].text
    assert (harness.kinds("ann"), harness.kinds("ben")) == (["booked", "changed", "changed"], ["booked", "changed"])
    assert "5pm to 6:15pm" in harness.mails("ann")[2].text


def test_the_link_shows_what_attendees_were_told_not_an_edit_that_has_not_settled() -> None:
    harness = moved()
    harness.edit_session(Announced="rubbish", Time="18:00")

    found = harness.self_service().find(harness.token("ann"), harness.now)

    assert found.session.starts == london("2023-09-08 16:00")


@unreadable
def test_without_anything_remembered_the_row_counts_and_nothing_is_told_twice(text: str) -> None:
    harness = BookingHarness()
    harness.book("ann")
    harness.edit_session(Announced=text)
    go_on(harness)

    assert harness.kinds("ann") == ["booked", "reminder", "reminder"]


@pytest.mark.parametrize("remembered", ["rubbish", '{"told": [{"minutes": "90"}]}', "[" * 40_000, ""])
def test_what_is_remembered_may_be_unreadable_as_well(remembered: str) -> None:
    harness = booked()
    row = harness.service.get("service", "session-s1")
    assert row is not None
    harness.service.put(dict(row.cells) | {"Announced": remembered})
    harness.edit_session(Announced="rubbish")
    go_on(harness)

    assert harness.kinds("ann") == ["booked", "reminder", "reminder"]


def test_the_next_change_is_told_even_if_nothing_remembers_how_many_there_were() -> None:
    harness = moved()
    harness.service.rows.clear()
    harness.edit_session(Announced="rubbish")
    harness.live(until=harness.now + timedelta(minutes=30))
    assert harness.kinds("ann") == ["booked", "changed"]

    harness.edit_session(Time="17:00")
    harness.live(until=harness.now + timedelta(minutes=30))
    assert harness.kinds("ann") == ["booked", "changed", "changed"]
    assert "5pm to 6:15pm" in harness.mails("ann")[2].text


def test_a_row_without_date_goes_on_by_what_is_remembered() -> None:
    harness = booked()
    harness.edit_session(Announced="rubbish", Date="")
    go_on(harness)

    assert harness.kinds("ann") == ["booked", "reminder", "reminder"]
    assert "Date is empty." in harness.session_row().text("Problem")


@pytest.mark.parametrize(
    "seen", ["x 9999-12-31T23:59:00Z", "x 0001-01-01T00:00:00+14:00", "x y", "x 2023-09-01", "[" * 9_000]
)
def test_a_cell_that_says_since_when_an_edit_stands_stops_nothing_either(seen: str) -> None:
    harness = booked()
    harness.edit_session(Time="16:00", Seen=seen)
    harness.live(until=harness.now + timedelta(minutes=30))

    assert harness.kinds("ann") == ["booked", "changed"]
