"""How many requests to the tables each act costs: each is a round trip that somebody waits for."""

from collections.abc import Callable
from datetime import timedelta

from shared.bookings.model.errors import SessionFullError
from tests.builders import booking_request
from tests.unit.shared.bookings.booking_system import House


def cost(house: House, act: Callable[[], object]) -> int:
    """Requests to the tables of sessions and bookings, and to what the service remembers."""
    tables = (house.sessions, house.bookings, house.service)
    before = sum(table.calls for table in tables)
    act()
    return sum(table.calls for table in tables) - before


def ask(house: House, name: str, **changes: object) -> Callable[[], object]:
    """A booking without its mail, in a process that knows nothing yet."""
    request = booking_request(full_name=name.title(), email=f"{name}@example.nhs.uk", **changes)
    return lambda: house.booking().book(request, house.now)


def test_the_very_first_booking_of_a_session_also_writes_down_what_people_are_told() -> None:
    house = House()

    assert cost(house, ask(house, "ann")) == 4, "session, what it says, roster, transaction"


def test_a_booking_in_a_process_that_knows_nothing_is_session_roster_and_transaction() -> None:
    house = House()
    house.book("ann")

    assert cost(house, ask(house, "ben")) == 3


def test_joining_a_waiting_list_is_as_much() -> None:
    house = House(Capacity=1)
    house.book("ann")

    assert cost(house, ask(house, "ben", join_waiting_list=True)) == 3


def test_being_told_that_a_session_is_full_writes_nothing() -> None:
    house = House(Capacity=1)
    house.book("ann")

    def refused() -> None:
        try:
            ask(house, "ben")()
        except SessionFullError:
            return
        raise AssertionError("there was no place")

    assert cost(house, refused) == 2


def test_giving_a_place_up_to_who_waits_is_session_roster_and_one_transaction() -> None:
    house = House(Capacity=1)
    house.book("ann")
    house.book("ben", join_waiting_list=True)
    token = house.token("ann")

    assert cost(house, lambda: house.managing().cancel(token, house.now)) == 3
    assert house.states() == {"ann": "cancelled", "ben": "confirmed"}


def test_giving_it_up_a_second_time_writes_nothing() -> None:
    house = House()
    house.book("ann")
    token = house.token("ann")
    house.managing().cancel(token, house.now)

    assert cost(house, lambda: house.managing().cancel(token, house.now)) == 2


def test_stopping_reminders_is_as_much_as_giving_a_place_up() -> None:
    house = House()
    house.book("ann")
    token = house.token("ann")

    assert cost(house, lambda: house.managing().remind(token, on=False, now=house.now)) == 3


def test_a_run_with_nothing_due_reads_the_schedule_and_two_partitions_of_each_session_that_is_not_over() -> None:
    house = House()
    house.add_session(RowKey="s2")
    house.add_session(RowKey="over", Date="2023-08-01")
    house.book("ann")
    for _ in range(2):
        house.pass_time(minutes=5)
        house.tick()
    house.pass_time(minutes=5)
    before = house.log.calls

    own = cost(house, house.tick)

    assert own == 1 + 1 + 2, "what the service remembers, the schedule, and a roster each"
    assert house.log.calls - before == 2, "the mail log of each"


def test_a_run_that_gives_places_adds_one_transaction_for_that_session() -> None:
    house = House(Capacity=1)
    house.book("ann")
    for number in range(3):
        house.book(f"b{'xyz'[number]}", join_waiting_list=True)
    house.tick()
    quiet = cost(house, house.schedule_only)
    house.edit_session(Capacity=4)
    house.pass_time(minutes=5)

    # The places in one transaction; and the numbers in the session's row, and what the service remembers of it.
    assert cost(house, house.schedule_only) - quiet == 1 + 2
    assert set(house.states().values()) == {"confirmed"}


def test_a_run_in_which_twenty_reminders_are_due_costs_no_more_than_a_quiet_one() -> None:
    house = House(Capacity=20)
    for number in range(20):
        house.book(f"p{chr(97 + number)}")
    house.tick()
    quiet = cost(house, house.schedule_only)
    house.at(house.now + timedelta(days=6, hours=6))

    # One transaction more: each row says what was and what will be sent.
    assert cost(house, house.schedule_only) - quiet <= 1
