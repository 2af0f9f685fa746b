"""Rows of sessions that are over are marked and left unread, and no edit of one is lost by it."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from shared.bookings.tables.session_register import SessionRegister
from shared.tables.service_table import read_service_rows
from shared.tables.table import Row
from tests.builders import MORNING, london, session_cells
from tests.unit.shared.bookings.booking_system import BookingHarness
from tests.unit.shared.bookings.retention.test_retention import clean

AFTER = london("2023-09-08 16:20")  # five minutes after the session of the builders ends
UPCOMING = "2023-12-15"


def read(harness: BookingHarness) -> list[str]:
    """One run of the schedule; returns the keys of the rows of the schedule that it read."""
    seen = harness.schedule().run(read_service_rows(harness.service), harness.now)
    assert seen.complete
    harness._send(harness.schedule().mails_within_quota(seen.reconciled, harness.now))
    return [row.id for row in seen.rows]


def writes(harness: BookingHarness) -> dict[Any, str]:
    """The ETags of everything stored: they change with every write."""
    tables = (harness.sessions, harness.bookings, harness.log, harness.index, harness.service)
    return {(number, key): row.etag for number, table in enumerate(tables) for key, row in table.rows.items()}


def harness_after(*names: str, hours: float = 2, **cells: Any) -> BookingHarness:
    """A harness whose one session has been over for that long, and is marked and left unread."""
    harness = BookingHarness(**cells)
    for name in names:
        harness.book(name)
    harness.tick()
    harness.at(AFTER)
    assert read(harness) == ["s1"]
    harness.pass_time(minutes=5)
    assert read(harness) == ["s1"], "the service wrote into it"
    harness.pass_time(hours=hours)
    assert harness.session_row().text("Over") == "yes"
    assert read(harness) == []
    return harness


def bookable(harness: BookingHarness) -> list[str]:
    return [each.session.id for each in harness.booking().bookable_sessions(harness.now)]


def test_every_row_is_given_the_column_and_only_that_of_a_session_that_is_over_says_yes() -> None:
    harness = BookingHarness()
    harness.add_session(RowKey="over", Date="2023-08-01")
    harness.add_session(RowKey="odd", Date="soon")
    harness.tick()

    assert {row.key: row.cells["Over"] for row in harness.sessions.query()} == {"s1": "", "over": "yes", "odd": ""}


def test_a_session_that_has_started_and_is_not_over_is_not_marked() -> None:
    harness = BookingHarness()
    harness.at(london("2023-09-08 16:14"))
    harness.tick()

    assert harness.session_row().text("Over") == ""


def test_a_marked_row_is_left_unread_without_a_write() -> None:
    harness = harness_after("ann")
    before = writes(harness)
    for _ in range(12):
        harness.pass_time(minutes=5)
        assert read(harness) == []

    assert writes(harness) == before


def test_every_row_is_read_once_a_day() -> None:
    harness = harness_after()
    harness.at(london("2023-09-09 00:05"))

    assert read(harness) == ["s1"]
    harness.pass_time(minutes=5)
    assert read(harness) == []


def test_a_new_row_is_found_on_the_next_run() -> None:
    harness = harness_after()
    harness.add_session(RowKey="new", Date=UPCOMING)
    harness.pass_time(minutes=5)

    assert read(harness) == ["new"]
    assert harness.session_row("new").cells["Over"] == ""


def test_a_row_that_lost_the_column_is_found_on_the_next_run() -> None:
    harness = harness_after()
    cells = dict(harness.session_row().cells)
    del cells["Over"]
    harness.sessions.put(cells)

    assert read(harness) == ["s1"]
    assert harness.session_row().text("Over") == "yes"


@pytest.mark.parametrize("away", [timedelta(minutes=5), timedelta(hours=9), timedelta(days=3)])
def test_a_past_row_that_is_moved_to_a_date_to_come_is_bookable_again(away: timedelta) -> None:
    """However long the service was down meanwhile, and though whoever edited the row kept its marker."""
    harness = harness_after()
    harness.edit_session(Date=UPCOMING)
    harness.pass_time(seconds=away.total_seconds())

    assert read(harness) == ["s1"]
    assert harness.session_row().text("Over") == ""
    harness.live(until=harness.now + timedelta(hours=1))
    assert "15 Dec" in harness.session_row().text("Starts")
    assert bookable(harness) == ["s1"]


@pytest.mark.parametrize("away", [timedelta(minutes=5), timedelta(hours=9), timedelta(days=3)])
def test_a_past_row_with_bookings_that_is_moved_is_named_and_told_to_nobody(away: timedelta) -> None:
    """Its start has passed, and no other start is told after that."""
    harness = harness_after("ann")
    harness.edit_session(Date=UPCOMING)
    harness.pass_time(seconds=away.total_seconds())

    assert read(harness) == ["s1"]
    harness.live(until=harness.now + timedelta(hours=1))
    assert harness.kinds("ann") == ["booked"]
    assert "The session started on" in harness.session_row().text("Problem")


@pytest.mark.parametrize("begins", [timedelta(minutes=5), timedelta(days=1)])
def test_an_edit_while_a_run_is_under_way_is_found_by_the_next_one(begins: timedelta) -> None:
    """The run is written down when it ends, and the edit is from before that and from after its reading."""
    harness = harness_after("ann")
    harness.at(harness.now + begins)
    edited = harness.edit_session
    rows, reading = read_service_rows(harness.service), harness.sessions._query

    def read_then_edit(is_wanted: Callable[[Row], bool], select: Sequence[str]) -> list[Row]:
        found = reading(is_wanted, select)
        harness.sessions._query = reading  # type: ignore[method-assign]  # only the first reading is interrupted
        harness.now += timedelta(minutes=1)
        edited(Date=UPCOMING)
        harness.now += timedelta(minutes=3)
        return found

    harness.sessions._query = read_then_edit  # type: ignore[method-assign]  # an administrator at that very moment
    assert harness.schedule().run(rows, harness.now).complete
    harness.pass_time(minutes=1)

    assert read(harness) == ["s1"]
    assert harness.session_row().text("Over") == ""


@pytest.mark.parametrize("cells", [{"State": "cancelled"}, {"Capacity": 99}, {"Date": "soon"}, {"Theme": "Grief"}])
def test_another_edit_of_a_past_row_tells_no_one_and_leaves_it_past(cells: dict[str, Any]) -> None:
    harness = harness_after("ann")
    before = harness.kinds("ann")
    harness.edit_session(**cells)
    harness.live(until=harness.now + timedelta(days=2))

    assert harness.kinds("ann") == before
    assert harness.session_row().text("Over") == "yes"


@pytest.mark.parametrize("cells", [{"Over": "yes"}, {"Over": "yes", "RowKey": "copy"}])
def test_the_marker_typed_into_a_row_to_come_is_ignored_and_taken_away(cells: dict[str, Any]) -> None:
    """An administrator may type it, or copy a past row with it."""
    harness = BookingHarness(**cells)
    harness.tick()
    harness.pass_time(minutes=5)
    harness.tick()
    [row] = harness.sessions.query()
    harness.edit_session(row.key, Over="yes")

    assert bookable(harness) == [row.key]
    assert read(harness) == [row.key]
    assert harness.session_row(row.key).text("Over") == ""


def test_a_clock_that_jumped_ahead_for_one_run_loses_no_session() -> None:
    """Storage's own clock, which stamps the rows, did not jump."""
    harness = BookingHarness()
    harness.book("ann")
    harness.tick()
    clock = [harness.now]
    for table in (harness.sessions, harness.service):
        table._clock = lambda: clock[0]
    harness.at(london("2023-09-01 23:50") + timedelta(days=30))
    read(harness)
    assert harness.session_row().text("Over") == "yes"
    for back in (timedelta(minutes=5), timedelta(minutes=10)):
        harness.now = clock[0] = MORNING + back
        read(harness)

    assert harness.session_row().text("Over") == ""
    harness.live(until=london("2023-09-08 15:00"))
    assert harness.kinds("ann") == ["booked", "reminder", "reminder"]


def test_a_past_row_that_is_deleted_tells_no_one_and_writes_nothing() -> None:
    harness = harness_after("ann")
    row = harness.session_row()
    harness.sessions.delete(row.partition, row.key)
    before = writes(harness)
    harness.live(until=harness.now + timedelta(hours=3))

    assert writes(harness) == before
    assert harness.kinds("ann") == ["booked"]


def test_a_row_left_unread_is_not_taken_for_one_that_was_deleted() -> None:
    """Even if the register still says that the session is to come."""
    harness = harness_after("ann")
    register = SessionRegister(harness.service)
    known = register.find("s1")
    assert known is not None
    harness.service.put(
        {
            "PartitionKey": "service",
            "RowKey": "session-s1",
            "Announced": known.announced.replace("2023-09-08", UPCOMING),
            "MissingSince": "",
        }
    )
    before = writes(harness)
    harness.live(until=harness.now + timedelta(hours=3))

    assert writes(harness) == before
    assert harness.kinds("ann") == ["booked"]


def test_a_session_to_come_whose_row_is_deleted_is_still_noticed() -> None:
    harness = harness_after()
    harness.add_session(RowKey="s2", Date=UPCOMING)
    harness.book("ann", session_id="s2")
    harness.pass_time(minutes=5)
    harness.tick()
    harness.sessions.delete("sessions", "s2")
    harness.live(until=harness.now + timedelta(hours=25))

    assert harness.kinds("ann") == ["booked", "cancelled"]


def test_a_new_row_with_the_key_of_a_past_one_is_named_as_a_second_one_until_it_is_mended() -> None:
    harness = harness_after("ann")
    harness.sessions.insert(session_cells(PartitionKey="other", Date=UPCOMING))
    for _ in range(2):
        harness.pass_time(minutes=5)
        assert read(harness) == ["s1", "s1"]

    new = harness.sessions.get("other", "s1")
    assert new is not None
    assert "Another row has the same RowKey" in new.text("Problem")
    harness.sessions.delete("other", "s1")
    harness.tick()
    assert harness.session_row().text("Over") == "yes"


def test_bookings_of_a_marked_session_are_deleted_when_their_time_is_up() -> None:
    harness = harness_after("ann")
    harness.at(AFTER + timedelta(days=91))
    read(harness)

    clean(harness)

    assert harness.bookings.rows == {}
    assert "teams.example" not in harness.session_row().text("Announced")
    harness.pass_time(minutes=5)
    assert read(harness) == ["s1"], "the joining link was taken out of it"
    before = writes(harness)
    harness.pass_time(minutes=5)
    assert read(harness) == []
    assert writes(harness) == before
    assert harness.session_row().text("Over") == "yes"


def test_the_public_list_leaves_out_a_marked_row_until_someone_moves_it() -> None:
    harness = harness_after()
    assert bookable(harness) == []

    harness.edit_session(Date=UPCOMING)
    read(harness)
    harness.live(until=harness.now + timedelta(minutes=20))

    assert bookable(harness) == ["s1"]


def test_a_past_row_that_no_one_booked_is_on_the_list_as_soon_as_it_is_moved() -> None:
    """As is a new one: the list does not wait for the timer."""
    harness = harness_after()
    harness.edit_session(Date=UPCOMING, Announced="")

    assert bookable(harness) == ["s1"]


def test_the_page_and_the_calendar_of_a_past_booking_are_as_they_were() -> None:
    harness = harness_after("ann")
    token = harness.token("ann")

    assert harness.self_service().find(token, harness.now).session.starts == london("2023-09-08 15:00")
    assert b"20230908T140000Z" in harness.self_service().calendar(token, harness.now)
