"""`Capacity` lowered, or a place freed, while something else is under way: never more held than the row then says."""

from collections.abc import Callable

import pytest

from shared.bookings.model.attendee import Roster
from shared.bookings.model.errors import SessionFullError
from shared.bookings.places.snapshot_cache import SNAPSHOT_MAX_AGE, Snapshot, SnapshotCache
from shared.tables.service_table import read_service_rows
from tests.builders import attendee, booking_request, session
from tests.every_row import every_row
from tests.fakes import with_fault
from tests.unit.shared.bookings.booking_system import BookingHarness, Wrap
from tests.unit.shared.bookings.faulty_booking_system import ConcurrentAction


def full_session(*waiting: str, places: int = 2) -> BookingHarness:
    harness = BookingHarness(Capacity=places)
    for name in ("ann", "ben", "cem")[:places]:
        harness.book(name)
    for name in waiting:
        harness.book(name, join_waiting_list=True)
    harness.pass_time(minutes=5)
    harness.tick()
    return harness


def run_timer(harness: BookingHarness, wrap: Wrap) -> None:
    harness.schedule(wrap).run(read_service_rows(harness.service), harness.now)


def cancel_ben(harness: BookingHarness, wrap: Wrap) -> None:
    harness.self_service(wrap).cancel(harness.token("ben"), harness.now)


def book(harness: BookingHarness, wrap: Wrap) -> None:
    request = booking_request(full_name="Eve", email="eve@example.nhs.uk")
    try:
        harness.booking(wrap).book(request, harness.now)
    except SessionFullError:
        return


def move_here(harness: BookingHarness, wrap: Wrap) -> None:
    try:
        harness.self_service(wrap).move(harness.token("flo", "s2"), "s1", harness.now)
    except SessionFullError:
        return


def held(harness: BookingHarness, session_id: str = "s1") -> int:
    return harness.repository().roster(session_id).held


@every_row("act", [run_timer, cancel_ben, book, move_here])
@every_row("places", [2, 3])
@every_row("waiting", [("dee", "gus"), ()])
def test_fewer_places_and_a_cancellation_at_any_call_give_no_place_that_is_gone(
    act: Callable[[BookingHarness, Wrap], None], places: int, waiting: tuple[str, ...]
) -> None:
    for at in range(100):
        harness = full_session(*waiting, places=places)
        harness.add_session(RowKey="s2", Date="2023-10-03")
        harness.book("flo", "s2")

        def lower_and_cancel(harness: BookingHarness = harness) -> None:
            harness.edit_session(Capacity=places - 1)
            harness.cancel("ann")

        other = ConcurrentAction(at, "lost-request", act=lower_and_cancel)
        act(harness, with_fault(other))

        if not other.triggered:
            assert at >= 2
            return
        assert held(harness) <= places - 1, f"call {at}"
        harness.pass_time(minutes=5)
        harness.tick()
        assert held(harness) <= places - 1
        assert held(harness) == places - 1 or not waiting, "a place stays free though someone waits"
    pytest.fail("the calls never ended")


def test_places_taken_away_while_a_run_is_under_way_are_given_by_it_in_the_very_instant_only() -> None:
    too_many = 0
    for at in range(100):
        harness = full_session("dee", "gus")
        harness.edit_session(Capacity=4)
        held_then: list[int] = []

        def lower(harness: BookingHarness = harness, held_then: list[int] = held_then) -> None:
            held_then.append(held(harness))
            harness.edit_session(Capacity=2)

        other = ConcurrentAction(at, "lost-request", act=lower)
        run_timer(harness, with_fault(other))

        if not other.triggered:
            assert too_many == 1, "only right before the transaction, once the row was read again"
            return
        too_many += held_then == [2] and held(harness) > 2
    pytest.fail("the calls never ended")


def test_a_row_put_back_with_fewer_places_while_a_run_is_under_way_gives_none_by_what_was_remembered() -> None:
    too_many = 0
    for at in range(100):
        harness = full_session("dee", "gus")
        row = harness.session_row()
        harness.sessions.delete(row.partition, row.key)
        harness.delete("ann")

        held_then: list[int] = []

        def put_back(harness: BookingHarness = harness, held_then: list[int] = held_then) -> None:
            held_then.append(held(harness))
            harness.add_session(Capacity=1)

        other = ConcurrentAction(at, "lost-request", act=put_back)
        run_timer(harness, with_fault(other))

        if not other.triggered:
            assert held(harness) == 2, "a session whose row is gone goes on for a day"
            assert too_many == 1
            return
        too_many += held_then == [1] and held(harness) > 1
    pytest.fail("the calls never ended")


def test_a_look_from_before_someone_arrived_confirms_a_new_form_and_repeats_no_answer() -> None:
    cache = SnapshotCache()
    cache.keep(Snapshot(session(id="s1"), Roster((attendee(submission="sent"),), "guard"), taken_at=10.0))

    def usable(submission: str, arrived: float) -> bool:
        return cache.usable("s1", submission=submission, arrived=arrived, monotonic=10.5) is not None

    assert usable("new", 10.2)
    assert not usable("sent", 10.2)
    assert usable("sent", 10.0)


def test_a_look_that_is_too_old_is_used_by_nobody() -> None:
    """In a rush one look would serve for as long as people queue, whatever an administrator writes meanwhile."""
    cache, roster = SnapshotCache(), BookingHarness().repository().roster("s1")
    cache.keep(Snapshot(session(id="s1"), roster, taken_at=10.0))

    assert cache.usable("s1", submission="k", arrived=9.0, monotonic=10.0 + SNAPSHOT_MAX_AGE) is not None
    assert cache.usable("s1", submission="k", arrived=9.0, monotonic=10.1 + SNAPSHOT_MAX_AGE) is None
