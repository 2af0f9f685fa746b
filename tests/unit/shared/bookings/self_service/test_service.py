"""Moving to another session: the new place first, the old one after it, and one mail."""

from typing import Any

import pytest

from shared.bookings.model.errors import LinkUnknownError, SessionFullError, TooLateError
from tests.builders import london
from tests.fakes import FAULTS, Crash, Fault, Trouble, breaking
from tests.unit.shared.bookings.booking_system import House


def two_sessions(**second: Any) -> House:
    house = House(Capacity=1)
    house.add_session(**{"RowKey": "s2", "Date": "2023-10-03", "Capacity": 1} | second)
    house.book("ann")
    return house


def test_a_move_is_a_place_there_none_here_and_one_mail() -> None:
    house = two_sessions()

    house.move("ann", "s2")
    house.tick()

    assert (house.states("s1"), house.states("s2")) == ({"ann": "cancelled"}, {"ann": "confirmed"})
    assert house.kinds("ann") == ["booked", "booked"]
    assert "Your booking has moved" in house.mails("ann")[1].text


def test_a_full_session_keeps_the_place_one_has() -> None:
    house = two_sessions(Capacity=0)

    with pytest.raises(SessionFullError):
        house.move("ann", "s2")

    house.tick()
    assert (house.states("s1"), house.states("s2")) == ({"ann": "confirmed"}, {})
    assert house.kinds("ann") == ["booked"]


def test_the_place_that_was_left_goes_to_who_waits_for_it() -> None:
    house = two_sessions()
    house.book("ben", join_waiting_list=True)

    house.move("ann", "s2")

    assert house.states("s1") == {"ann": "cancelled", "ben": "confirmed"}


def test_who_waits_at_the_other_session_keeps_the_place_here() -> None:
    house = two_sessions()
    house.book("ben", "s2")
    house.book("ann", "s2", join_waiting_list=True)

    with pytest.raises(SessionFullError):
        house.move("ann", "s2")

    assert house.states("s1") == {"ann": "confirmed"}


@pytest.mark.parametrize("fault", FAULTS)
def test_an_interrupted_move_is_finished_by_the_schedule_or_never_begun(fault: Fault) -> None:
    for at in range(100):
        house, trouble = two_sessions(), Trouble(at, fault)
        token = house.token("ann")
        try:
            house._send(house.managing(breaking(trouble)).move(token, "s2", house.now).mails)
        except (Crash, Exception):  # noqa: BLE001  # the person saw an error, or the process died
            house.time.seconds += 10
        house.pass_time(minutes=5)
        house.tick()
        house.pass_time(minutes=5)
        house.tick()

        held = [house.states(session).get("ann") for session in ("s1", "s2")]
        assert held in (["confirmed", None], ["cancelled", "confirmed"]), f"call {at}"
        assert house.kinds("ann") == ["booked"] * (1 if held[1] is None else 2)
        if not trouble.struck:
            assert held == ["cancelled", "confirmed"]
            assert at >= 5
            return
    pytest.fail("the calls never ended")


def test_a_link_dies_with_the_booking_that_it_was_for() -> None:
    house = House()
    house.book("ann")
    old = house.token("ann")
    house.cancel("ann")
    house.pass_time(minutes=1)
    house.book("ann")

    with pytest.raises(LinkUnknownError):
        house.managing().cancel(old, house.now)
    assert house.states() == {"ann": "confirmed"}
    assert house.kinds("ann") == ["booked", "no longer booked", "booked"]


def test_the_second_time_a_place_is_given_up_says_that_it_already_was() -> None:
    house = House()
    house.book("ann")
    token = house.token("ann")

    assert not house.managing().cancel(token, house.now).already
    assert house.managing().cancel(token, house.now).already


def test_no_change_of_one_character_opens_anything() -> None:
    house = House()
    house.book("ann")
    token = house.token("ann")

    for place in range(len(token)):
        for other in "A_-9z":
            if token[place] != other:
                with pytest.raises(LinkUnknownError):
                    house.managing().look(token[:place] + other + token[place + 1 :], house.now)


@pytest.mark.parametrize("token", ["", "x", "a" * 5000, "..", "%00", "Zm9v", "é"])
def test_what_was_never_a_link_opens_nothing(token: str) -> None:
    with pytest.raises(LinkUnknownError):
        House().managing().look(token, london("2023-09-01 09:00"))


def test_reminders_can_be_stopped_and_had_again() -> None:
    house = House()
    house.book("ann")
    token = house.token("ann")

    house.managing().remind(token, on=False, now=house.now)
    assert house.managing().remind(token, on=False, now=house.now).already
    house.live(until=london("2023-09-01 10:00"))
    house.at(london("2023-09-07 15:05"))
    house.tick()
    assert house.kinds("ann") == ["booked"]

    house.managing().remind(token, on=True, now=house.now)
    house.at(london("2023-09-08 14:05"))
    house.tick()
    assert house.kinds("ann") == ["booked", "reminder"]


def test_nothing_changes_once_the_session_has_started() -> None:
    house = two_sessions()
    token = house.token("ann")
    house.at(london("2023-09-08 15:00"))

    with pytest.raises(TooLateError):
        house.managing().cancel(token, house.now)
    with pytest.raises(TooLateError):
        house.managing().move(token, "s2", house.now)
    with pytest.raises(TooLateError):
        house.managing().remind(token, on=False, now=house.now)
    assert house.states() == {"ann": "confirmed"}
