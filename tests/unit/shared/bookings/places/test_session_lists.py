"""Lists of sessions: they cost what changed since the last, and no one is refused or booked by what they remember."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from shared.bookings.model.attendee import AttendeeState
from shared.bookings.model.errors import SessionFullError
from shared.bookings.places.bookable_session import BookableSession
from shared.bookings.places.service import BookingService
from tests.builders import MORNING, booking_request
from tests.unit.shared.bookings.booking_system import BookingHarness

SESSIONS, PEOPLE = 52, 20


class ListHarness(BookingHarness):
    """One process that shows lists, and others that book, cancel and edit."""

    def __init__(self, sessions: int = 1, **cells: Any) -> None:
        super().__init__(RowKey="s00", **cells)
        for number in range(1, sessions):
            self.add_session(RowKey=f"s{number:02}", **cells)
        self.process = self.booking()

    def listed(self, process: BookingService | None = None) -> dict[str, int]:
        found = (process or self.process).bookable_sessions(self.now)
        return {each.session.id: each.places_left for each in found}

    def cost(self, act: Callable[[], object]) -> int:
        tables = (self.sessions, self.bookings, self.service)
        before = sum(table.calls for table in tables)
        act()
        return sum(table.calls for table in tables) - before

    def book_elsewhere(self, name: str = "ann", session_id: str = "s00", **changes: object) -> None:
        """A booking in another process, of which this one knows nothing."""
        request = booking_request(session_id=session_id, email=f"{name}@example.nhs.uk", **changes)
        self.booking().book(request, self.now)


@pytest.fixture
def full_year() -> ListHarness:
    harness = ListHarness(SESSIONS, Capacity=24)
    for number in range(SESSIONS):
        for person in range(PEOPLE):
            keys = {"PartitionKey": f"s{number:02}", "RowKey": f"booking-{person}"}
            harness.bookings.put(keys | {"State": "confirmed", "Name": "Zoë", "Email": "zoe@example.nhs.uk"})
    return harness


def test_a_year_of_sessions_costs_three_requests_at_first_and_one_from_then_on(full_year: ListHarness) -> None:
    assert full_year.cost(full_year.listed) == 3, "the schedule, and 1,040 rows of rosters that lie side by side"
    assert full_year.cost(full_year.listed) == 1, "whether the schedule changed"
    assert set(full_year.listed().values()) == {4}


def test_after_a_quiet_time_the_places_are_counted_anew(full_year: ListHarness) -> None:
    full_year.listed()
    full_year.time.seconds += 5.1

    assert full_year.cost(full_year.listed) == 1 + 2


def test_an_edit_of_one_row_costs_one_request_more(full_year: ListHarness) -> None:
    full_year.listed()
    full_year.edit_session("s07", Title="Another")

    assert full_year.cost(full_year.listed) == 2
    assert full_year.cost(full_year.listed) == 1


def test_a_booking_in_this_process_costs_the_next_list_one_roster(full_year: ListHarness) -> None:
    full_year.process.book(booking_request(session_id="s05", email="ann@example.nhs.uk"), full_year.now)
    full_year.listed()
    full_year.process.book(booking_request(session_id="s05", email="ben@example.nhs.uk"), full_year.now)

    assert full_year.cost(full_year.listed) == 2
    assert full_year.listed()["s05"] == 2


def test_choices_to_move_to_come_from_the_same_memory(full_year: ListHarness) -> None:
    full_year.book("ann", session_id="s00")
    mover, token = full_year.self_service(), full_year.token("ann", "s00")
    first = full_year.cost(lambda: mover.choices(token, full_year.now))

    assert first == 2 + 3, "the person's own session and roster, and the list"
    assert full_year.cost(lambda: mover.choices(token, full_year.now)) == 2 + 1


def test_an_empty_schedule_costs_one_request() -> None:
    harness = ListHarness()
    harness.sessions.rows.clear()

    assert harness.cost(lambda: harness.listed() == {}) == 1
    assert harness.cost(lambda: harness.listed() == {}) == 1


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"State": "closed"}, {}),
        ({"State": "cancelled"}, {}),
        ({"Capacity": 5}, {"s00": 5}),
        ({"Date": "2023-08-08", "Announced": ""}, {}),
    ],
)
def test_an_edit_of_the_schedule_shows_at_once(cells: dict[str, Any], expected: dict[str, int]) -> None:
    harness = ListHarness()
    assert harness.listed() == {"s00": 12}
    harness.edit_session("s00", **cells)

    assert harness.listed() == expected


def test_a_row_that_is_added_or_deleted_shows_at_once() -> None:
    harness = ListHarness()
    harness.listed()
    harness.add_session(RowKey="s01")
    assert list(harness.listed()) == ["s00", "s01"]

    harness.sessions.delete("sessions", "s00")
    assert list(harness.listed()) == ["s01"]


def test_a_session_leaves_the_list_when_it_starts_though_no_row_changed() -> None:
    harness = ListHarness()
    harness.listed()
    harness.at(harness.now.replace(day=8, hour=14))

    assert harness.listed() == {}


def test_places_may_be_five_seconds_old_and_no_older() -> None:
    harness = ListHarness()
    harness.listed()
    harness.book_elsewhere()

    harness.time.seconds += 4.9
    assert harness.listed() == {"s00": 12}
    harness.time.seconds += 0.2
    assert harness.listed() == {"s00": 11}


@pytest.mark.parametrize("act", ["book", "cancel", "move"])
def test_who_took_or_freed_a_place_sees_it_in_the_next_list(act: str) -> None:
    harness = ListHarness(2)
    harness.book("ann", session_id="s00")
    token, mover = harness.token("ann", "s00"), harness.self_service()
    before = harness.listed(mover.bookings)
    assert before == {"s00": 11, "s01": 12}

    if act == "book":
        mover.bookings.book(booking_request(session_id="s00", email="ben@example.nhs.uk"), harness.now)
    elif act == "cancel":
        mover.cancel(token, harness.now)
    else:
        mover.move(token, "s01", harness.now)

    after = {"book": {"s00": 10, "s01": 12}, "cancel": {"s00": 12, "s01": 12}, "move": {"s00": 12, "s01": 11}}
    assert harness.listed(mover.bookings) == after[act]


def test_a_booking_is_not_refused_because_the_list_remembers_no_place() -> None:
    harness = ListHarness(Capacity=1)
    harness.book("ann", session_id="s00")
    assert harness.listed() == {"s00": 0}
    harness.cancel("ann", "s00")

    assert harness.listed() == {"s00": 0}, "five seconds have not passed"
    assert harness.process.bookable_session("s00", harness.now) == BookableSession(
        harness.process.session("s00"), 1, waiting_list=True
    )
    booked = harness.process.book(booking_request(session_id="s00", email="ben@example.nhs.uk"), harness.now)
    assert booked.state is AttendeeState.CONFIRMED


def test_a_booking_gets_no_place_because_the_list_remembers_one() -> None:
    harness = ListHarness(Capacity=1, WaitingList="no")
    assert harness.listed() == {"s00": 1}
    harness.book_elsewhere()

    found = harness.process.bookable_session("s00", harness.now)
    assert found is not None
    assert (found.places_left, found.waiting_list) == (0, False)
    with pytest.raises(SessionFullError):
        harness.process.book(booking_request(session_id="s00", email="ben@example.nhs.uk"), harness.now)


@pytest.mark.parametrize("session_id", ["none", "", "a/b", "x" * 600])
def test_there_is_no_bookable_session_of_another_name(session_id: str) -> None:
    assert ListHarness().process.bookable_session(session_id, MORNING) is None


@pytest.mark.parametrize("cells", [{"State": "draft"}, {"State": "closed"}, {"Date": "2023-08-08"}, {"Date": "soon"}])
def test_a_session_that_takes_no_bookings_is_not_bookable(cells: dict[str, Any]) -> None:
    assert ListHarness(**cells).process.bookable_session("s00", MORNING) is None


def test_many_who_come_at_once_to_a_list_that_is_not_in_memory_count_the_places_once(full_year: ListHarness) -> None:
    full_year.listed()
    full_year.time.seconds += 6
    full_year.bookings.calls = 0
    together = threading.Barrier(12)

    def look() -> None:
        together.wait()
        full_year.listed()

    threads = [threading.Thread(target=look) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert full_year.bookings.calls == 2
