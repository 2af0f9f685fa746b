"""The waiting list: first come, first served, and nobody is left without a word."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from shared.bookings.model.attendee import AttendeeState
from shared.bookings.model.errors import SessionFullError
from tests.builders import london
from tests.fakes import FAULTS, Crash, Fault, Trouble, breaking
from tests.unit.shared.bookings.booking_system import House


def full_house(*waiting: str, **cells: Any) -> House:
    """Ann has the only place; the others wait, a minute apart."""
    house = House(**{"Capacity": 1} | cells)
    house.book("ann")
    for name in waiting:
        house.pass_time(minutes=1)
        house.book(name, join_waiting_list=True)
    return house


def test_a_full_session_offers_its_waiting_list() -> None:
    house = full_house()

    with pytest.raises(SessionFullError) as caught:
        house.book("ben")

    assert caught.value.waiting_list
    assert house.states() == {"ann": "confirmed"}


def test_a_session_can_have_no_waiting_list() -> None:
    house = full_house(WaitingList="no")

    with pytest.raises(SessionFullError) as caught:
        house.book("ben", join_waiting_list=True)

    assert not caught.value.waiting_list


def test_joining_is_confirmed_with_the_position() -> None:
    house = full_house("ben", "cem")

    assert house.states() == {"ann": "confirmed", "ben": "waiting", "cem": "waiting"}
    assert "You are number 1 on the list" in house.mails("ben")[0].text
    assert "You are number 2 on the list" in house.mails("cem")[0].text
    assert "teams.example" not in house.mails("ben")[0].text


def test_who_cancels_gives_the_place_to_the_first_who_waits_at_once() -> None:
    house = full_house("ben", "cem")

    house.cancel("ann")

    assert house.states() == {"ann": "cancelled", "ben": "confirmed", "cem": "waiting"}
    assert house.kinds("ben") == ["waiting list", "booked"]
    assert "A place has become free" in house.mails("ben")[1].text
    assert "https://teams.example/join/1" in house.mails("ben")[1].text
    assert "https://support.example/manage/" in house.mails("ben")[1].text


def test_who_leaves_the_waiting_list_is_passed_over() -> None:
    house = full_house("ben", "cem")
    house.cancel("ben")
    house.cancel("ann")

    assert house.states() == {"ann": "cancelled", "ben": "cancelled", "cem": "confirmed"}
    assert house.kinds("ben") == ["waiting list", "no longer booked"]


def test_while_anybody_waits_a_newcomer_waits_too() -> None:
    house = full_house("ben")
    house.edit_session(Capacity=2)
    house.pass_time(minutes=1)

    booked = house.book("cem", join_waiting_list=True)

    assert booked.state is AttendeeState.WAITING
    house.tick()
    assert house.states() == {"ann": "confirmed", "ben": "confirmed", "cem": "waiting"}


@pytest.mark.parametrize("places", [2, 3])
def test_more_places_are_given_in_order_by_the_schedule(places: int) -> None:
    house = full_house("ben", "cem", "dee")
    house.edit_session(Capacity=places)

    house.tick()

    assert {name for name, state in house.states().items() if state == "confirmed"} == {"ann", "ben", "cem"} - (
        {"cem"} if places == 2 else set()
    )


def test_a_row_that_an_administrator_deleted_frees_a_place() -> None:
    house = full_house("ben")
    house.delete("ann")

    house.tick()

    assert house.states() == {"ben": "confirmed"}


def test_fewer_places_throw_nobody_out_and_let_nobody_in() -> None:
    house = House(Capacity=3)
    for name in ("ann", "ben", "cem"):
        house.book(name)
    house.edit_session(Capacity=1)
    house.tick()
    house.book("dee", join_waiting_list=True)
    house.cancel("ann")
    house.tick()

    assert house.states() == {"ann": "cancelled", "ben": "confirmed", "cem": "confirmed", "dee": "waiting"}


def test_after_the_waiting_list_has_ended_a_freed_place_is_open_to_all() -> None:
    house = full_house("ben")
    house.at(london("2023-09-07 15:00"))
    house.cancel("ann")
    house.tick()

    assert house.states()["ben"] == "waiting"
    assert house.book("cem").state is AttendeeState.CONFIRMED


def test_those_who_wait_are_told_once_that_the_list_has_ended() -> None:
    house = full_house("ben")
    house.at(london("2023-09-07 15:00"))
    for _ in range(3):
        house.tick()
        house.pass_time(minutes=5)

    assert [mail.text.count("The waiting list has ended") for mail in house.mails("ben")] == [0, 1]


def test_who_still_waits_when_it_starts_is_told_kindly_and_once() -> None:
    house = full_house("ben")
    house.at(london("2023-09-08 15:00"))
    for _ in range(3):
        house.tick()
        house.pass_time(minutes=5)

    assert "We are sorry that there was no place for you" in house.mails("ben")[-1].text
    assert sum("no place for you" in mail.text for mail in house.mails("ben")) == 1


def test_nobody_joins_a_list_that_has_ended() -> None:
    house = full_house()
    house.at(london("2023-09-07 15:00"))

    with pytest.raises(SessionFullError) as caught:
        house.book("ben", join_waiting_list=True)

    assert not caught.value.waiting_list


def test_who_was_given_a_place_late_is_reminded_of_what_is_still_to_come() -> None:
    house = full_house("ben")
    house.at(london("2023-09-07 14:00"))
    house.cancel("ann")
    house.live(until=london("2023-09-08 15:00"))

    assert house.kinds("ben") == ["waiting list", "booked", "reminder", "reminder"]


@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_while_cancelling_loses_the_place_or_gives_it_twice(fault: Fault) -> None:
    for at in range(100):
        house, trouble = full_house("ben", "cem"), Trouble(at, fault)
        token = house.token("ann")
        try:
            house.managing(breaking(trouble)).cancel(token, house.now)
        except Crash:
            assert house.states() in (
                {"ann": "confirmed", "ben": "waiting", "cem": "waiting"},
                {"ann": "cancelled", "ben": "confirmed", "cem": "waiting"},
            ), "both or neither"
        if not trouble.struck:
            assert at >= 3
            return
        house.time.seconds += 10
        house.managing().cancel(token, house.now)
        house.live(until=house.now + timedelta(minutes=15))

        assert house.states() == {"ann": "cancelled", "ben": "confirmed", "cem": "waiting"}
        assert house.kinds("ann") == ["booked", "no longer booked"]
        assert house.kinds("ben") == ["waiting list", "booked"]
    pytest.fail("the calls never ended")


def test_a_cancellation_gives_as_many_places_as_fit_into_one_transaction_and_the_schedule_the_rest() -> None:
    names = [f"w{number:03}".translate(str.maketrans("0123456789", "abcdefghij")) for number in range(120)]
    house = full_house(*names)
    house.edit_session(Capacity=200)

    assert house.cancel("ann")
    assert Counter(house.states().values()) == {"cancelled": 1, "confirmed": 98, "waiting": 22}
    assert [name for name in names if house.states()[name] == "confirmed"] == names[:98]
    for _ in range(3):
        house.pass_time(minutes=5)
        house.tick()
    assert Counter(house.states().values()) == {"cancelled": 1, "confirmed": 120}
    assert {tuple(house.kinds(name)) for name in names} == {("waiting list", "booked")}
