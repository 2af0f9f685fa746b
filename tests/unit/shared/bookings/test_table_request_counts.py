"""Requests to the tables that each act costs: each is a round trip that someone waits for."""

from collections.abc import Callable
from datetime import timedelta

from shared.bookings.model.errors import SessionFullError
from tests.builders import booking_request
from tests.unit.shared.bookings.booking_system import BookingHarness


def cost(harness: BookingHarness, act: Callable[[], object]) -> int:
    """Requests to the tables of sessions and bookings, and to what the service remembers."""
    tables = (harness.sessions, harness.bookings, harness.service)
    before = sum(table.calls for table in tables)
    act()
    return sum(table.calls for table in tables) - before


def ask(harness: BookingHarness, name: str, **changes: object) -> Callable[[], object]:
    """A booking without its mail, in a process that knows nothing yet."""
    request = booking_request(full_name=name.title(), email=f"{name}@example.nhs.uk", **changes)
    return lambda: harness.booking().book(request, harness.now)


def test_the_very_first_booking_of_a_session_also_writes_down_what_people_are_told() -> None:
    harness = BookingHarness()

    assert cost(harness, ask(harness, "ann")) == 4, "session, what it says, roster, transaction"


def test_a_booking_in_a_process_that_knows_nothing_is_session_roster_and_transaction() -> None:
    harness = BookingHarness()
    harness.book("ann")

    assert cost(harness, ask(harness, "ben")) == 3


def test_only_someone_who_has_a_row_costs_a_look_at_the_email_log() -> None:
    harness = BookingHarness()
    harness.book("ann")
    before = harness.log.calls
    ask(harness, "ben")()
    assert harness.log.calls == before

    ask(harness, "ann")()
    assert harness.log.calls == before + 1


def test_joining_a_waiting_list_costs_three_requests() -> None:
    harness = BookingHarness(Capacity=1)
    harness.book("ann")

    assert cost(harness, ask(harness, "ben", join_waiting_list=True)) == 3


def test_being_told_that_a_session_is_full_writes_nothing() -> None:
    harness = BookingHarness(Capacity=1)
    harness.book("ann")

    def refused() -> None:
        try:
            ask(harness, "ben")()
        except SessionFullError:
            return
        raise AssertionError("there was no place")

    assert cost(harness, refused) == 2


def test_giving_a_place_up_to_who_waits_is_session_roster_and_one_transaction() -> None:
    harness = BookingHarness(Capacity=1)
    harness.book("ann")
    harness.book("ben", join_waiting_list=True)
    token = harness.token("ann")

    assert cost(harness, lambda: harness.self_service().cancel(token, harness.now)) == 3
    assert harness.states() == {"ann": "cancelled", "ben": "confirmed"}


def test_giving_it_up_a_second_time_writes_nothing() -> None:
    harness = BookingHarness()
    harness.book("ann")
    token = harness.token("ann")
    harness.self_service().cancel(token, harness.now)

    assert cost(harness, lambda: harness.self_service().cancel(token, harness.now)) == 2


def test_stopping_reminders_costs_three_requests() -> None:
    harness = BookingHarness()
    harness.book("ann")
    token = harness.token("ann")

    assert cost(harness, lambda: harness.self_service().set_reminders(token, on=False, now=harness.now)) == 3


def test_a_run_with_nothing_due_reads_the_schedule_and_two_partitions_of_each_session_that_is_not_over() -> None:
    harness = BookingHarness()
    harness.add_session(RowKey="s2")
    harness.add_session(RowKey="over", Date="2023-08-01")
    harness.book("ann")
    for _ in range(2):
        harness.pass_time(minutes=5)
        harness.tick()
    harness.pass_time(minutes=5)
    before = harness.log.calls

    own = cost(harness, harness.tick)

    assert own == 1 + 1 + 2, "what the service remembers, the schedule, and a roster each"
    assert harness.log.calls - before == 2, "the mail log of each"


def test_a_run_that_gives_places_adds_one_transaction_and_one_look_at_the_row_of_that_session() -> None:
    harness = BookingHarness(Capacity=1)
    harness.book("ann")
    for number in range(3):
        harness.book(f"b{'xyz'[number]}", join_waiting_list=True)
    harness.tick()
    quiet = cost(harness, harness.run_schedule_without_sending)
    harness.edit_session(Capacity=4)
    harness.pass_time(minutes=5)

    # The row read again and the places in one transaction; the numbers in the session's row, and what the service
    # remembers of it.
    assert cost(harness, harness.run_schedule_without_sending) - quiet == 2 + 2
    assert set(harness.states().values()) == {"confirmed"}


def test_a_run_in_which_twenty_reminders_are_due_costs_no_more_than_a_quiet_one() -> None:
    harness = BookingHarness(Capacity=20)
    for number in range(20):
        harness.book(f"p{chr(97 + number)}")
    harness.tick()
    harness.at(harness.now + timedelta(days=6, hours=5))
    harness.tick()
    quiet = cost(harness, harness.run_schedule_without_sending)
    harness.pass_time(hours=1)

    # One transaction more: each row says what was and what will be sent.
    assert cost(harness, harness.run_schedule_without_sending) - quiet <= 1
