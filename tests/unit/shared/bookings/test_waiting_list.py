"""The waiting list: first come, first served, and nobody is left without a word."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from functions.bookings.session_view import JSON_FIELDS, SessionView
from shared.bookings.model.attendee import AttendeeState
from shared.bookings.model.errors import SessionFullError
from tests.builders import POLICY, content, london
from tests.fakes import FAULTS, Crash, Fault, InjectedFault, with_fault
from tests.unit.shared.bookings.booking_system import BookingHarness


def full_session(*waiting: str, **cells: Any) -> BookingHarness:
    """Ann has the only place; the others wait, a minute apart, however many they are."""
    harness = BookingHarness(replace(POLICY, waiting_list_factor=0), **{"Capacity": 1} | cells)
    harness.book("ann")
    for name in waiting:
        harness.pass_time(minutes=1)
        harness.book(name, join_waiting_list=True)
    return harness


def test_a_full_session_offers_its_waiting_list() -> None:
    harness = full_session()

    with pytest.raises(SessionFullError) as caught:
        harness.book("ben")

    assert caught.value.waiting_list
    assert harness.states() == {"ann": "confirmed"}


def test_a_session_can_have_no_waiting_list() -> None:
    harness = full_session(WaitingList="no")

    with pytest.raises(SessionFullError) as caught:
        harness.book("ben", join_waiting_list=True)

    assert not caught.value.waiting_list


def test_joining_is_confirmed_with_the_position() -> None:
    harness = full_session("ben", "cem")

    assert harness.states() == {"ann": "confirmed", "ben": "waiting", "cem": "waiting"}
    assert "You are number 1 on the list" in harness.mails("ben")[0].text
    assert "You are number 2 on the list" in harness.mails("cem")[0].text
    assert "teams.example" not in harness.mails("ben")[0].text


def test_the_public_list_of_a_full_session_does_not_show_who_or_how_many_wait() -> None:
    def listed(harness: BookingHarness) -> list[dict[str, object]]:
        found = harness.booking().bookable_sessions(harness.now)
        views = [
            SessionView.of(each.session, content(), each.places_left, waiting_list=each.waiting_list) for each in found
        ]
        return [view.as_json() | {"offers": view.joins_waiting_list} for view in views]

    nobody, many = listed(full_session()), listed(full_session("ben", "cem", "dov"))

    assert nobody == many
    assert [each["places_left"] for each in many] == [0]
    assert set(JSON_FIELDS) == {
        "id",
        "title",
        "theme",
        "description",
        "facilitator",
        "programme",
        "place",
        "online",
        "starts",
        "ends",
        "when",
        "places_left",
    }


def test_who_cancels_gives_the_place_to_the_first_who_waits_at_once() -> None:
    harness = full_session("ben", "cem")

    harness.cancel("ann")

    assert harness.states() == {"ann": "cancelled", "ben": "confirmed", "cem": "waiting"}
    assert harness.kinds("ben") == ["waiting list", "booked"]
    assert (
        "You now have a place\n\nYou were on the waiting list, and a place became free." in harness.mails("ben")[1].text
    )
    assert "https://teams.example/join/1" in harness.mails("ben")[1].text
    assert "https://support.example/manage/" in harness.mails("ben")[1].text


def test_who_leaves_the_waiting_list_is_passed_over() -> None:
    harness = full_session("ben", "cem")
    harness.cancel("ben")
    harness.cancel("ann")

    assert harness.states() == {"ann": "cancelled", "ben": "cancelled", "cem": "confirmed"}
    assert harness.kinds("ben") == ["waiting list", "no longer booked"]


def test_while_anyone_waits_a_newcomer_waits_too() -> None:
    harness = full_session("ben")
    harness.edit_session(Capacity=2)
    harness.pass_time(minutes=1)

    booked = harness.book("cem", join_waiting_list=True)

    assert booked.state is AttendeeState.WAITING
    harness.tick()
    assert harness.states() == {"ann": "confirmed", "ben": "confirmed", "cem": "waiting"}


@pytest.mark.parametrize("places", [2, 3])
def test_more_places_are_given_in_order_by_the_schedule(places: int) -> None:
    harness = full_session("ben", "cem", "dee")
    harness.edit_session(Capacity=places)

    harness.tick()

    assert {name for name, state in harness.states().items() if state == "confirmed"} == {"ann", "ben", "cem"} - (
        {"cem"} if places == 2 else set()
    )


def test_a_row_that_an_administrator_deleted_frees_a_place() -> None:
    harness = full_session("ben")
    harness.delete("ann")

    harness.tick()

    assert harness.states() == {"ben": "confirmed"}


def test_fewer_places_throw_nobody_out_and_let_nobody_in() -> None:
    harness = BookingHarness(Capacity=3)
    for name in ("ann", "ben", "cem"):
        harness.book(name)
    harness.edit_session(Capacity=1)
    harness.tick()
    harness.book("dee", join_waiting_list=True)
    harness.cancel("ann")
    harness.tick()

    assert harness.states() == {"ann": "cancelled", "ben": "confirmed", "cem": "confirmed", "dee": "waiting"}


def test_after_the_waiting_list_has_ended_a_freed_place_is_open_to_all() -> None:
    harness = full_session("ben")
    harness.at(london("2023-09-07 15:00"))
    harness.cancel("ann")
    harness.tick()

    assert harness.states()["ben"] == "waiting"
    assert harness.book("cem").state is AttendeeState.CONFIRMED


def test_those_who_wait_are_told_once_that_the_list_has_ended() -> None:
    harness = full_session("ben")
    harness.at(london("2023-09-07 15:00"))
    for _ in range(3):
        harness.tick()
        harness.pass_time(minutes=5)

    assert [mail.text.count("The waiting list has closed") for mail in harness.mails("ben")] == [0, 1]


def test_who_still_waits_when_it_starts_is_told_kindly_and_once() -> None:
    harness = full_session("ben")
    harness.at(london("2023-09-08 15:00"))
    for _ in range(3):
        harness.tick()
        harness.pass_time(minutes=5)

    assert "No place became free" in harness.mails("ben")[-1].text
    assert sum("No place became free" in mail.text for mail in harness.mails("ben")) == 1


def test_nobody_joins_a_list_that_has_ended() -> None:
    harness = full_session()
    harness.at(london("2023-09-07 15:00"))

    with pytest.raises(SessionFullError) as caught:
        harness.book("ben", join_waiting_list=True)

    assert not caught.value.waiting_list


def test_who_was_given_a_place_late_is_reminded_of_what_is_still_to_come() -> None:
    harness = full_session("ben")
    harness.at(london("2023-09-07 14:00"))
    harness.cancel("ann")
    harness.live(until=london("2023-09-08 15:00"))

    assert harness.kinds("ben") == ["waiting list", "booked", "reminder", "reminder"]


@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_while_cancelling_loses_the_place_or_gives_it_twice(fault: Fault) -> None:
    for at in range(100):
        harness, trouble = full_session("ben", "cem"), InjectedFault(at, fault)
        token = harness.token("ann")
        try:
            harness.self_service(with_fault(trouble)).cancel(token, harness.now)
        except Crash:
            assert harness.states() in (
                {"ann": "confirmed", "ben": "waiting", "cem": "waiting"},
                {"ann": "cancelled", "ben": "confirmed", "cem": "waiting"},
            ), "both or neither"
        if not trouble.triggered:
            assert at >= 3
            return
        harness.time.seconds += 10
        harness.self_service().cancel(token, harness.now)
        harness.live(until=harness.now + timedelta(minutes=15))

        assert harness.states() == {"ann": "cancelled", "ben": "confirmed", "cem": "waiting"}
        assert harness.kinds("ann") == ["booked", "no longer booked"]
        assert harness.kinds("ben") == ["waiting list", "booked"]
    pytest.fail("the calls never ended")


def test_a_cancellation_gives_as_many_places_as_fit_into_one_transaction_and_the_schedule_the_rest() -> None:
    names = [f"w{number:03}".translate(str.maketrans("0123456789", "abcdefghij")) for number in range(120)]
    harness = full_session(*names)
    harness.edit_session(Capacity=200)

    assert harness.cancel("ann")
    assert Counter(harness.states().values()) == {"cancelled": 1, "confirmed": 98, "waiting": 22}
    assert [name for name in names if harness.states()[name] == "confirmed"] == names[:98]
    for _ in range(3):
        harness.pass_time(minutes=5)
        harness.tick()
    assert Counter(harness.states().values()) == {"cancelled": 1, "confirmed": 120}
    assert {tuple(harness.kinds(name)) for name in names} == {("waiting list", "booked")}


@pytest.mark.parametrize("before", ["confirmed", "cancelled"])
def test_who_is_put_on_the_list_by_hand_waits_behind_those_who_wait_already(before: str) -> None:
    harness = full_session("ben", "cem")
    if before == "cancelled":
        harness.cancel("ann")
    harness.pass_time(minutes=5)

    harness.edit("ann", State="waiting")
    harness.tick()
    harness.pass_time(minutes=5)
    harness.tick()

    assert harness.states() == {"ann": "waiting", "ben": "confirmed", "cem": "waiting"}
    assert harness.kinds("ben") == ["waiting list", "booked"]
    assert harness.kinds("ann")[-1] == "waiting list"
    assert "You are number 2 on the list" in harness.mails("ann")[-1].text
    harness.cancel("ben")
    assert harness.states() == {"ann": "waiting", "ben": "cancelled", "cem": "confirmed"}


def test_who_is_put_on_the_list_by_hand_while_a_place_is_free_keeps_it_and_hears_nothing() -> None:
    harness = full_session()

    harness.edit("ann", State="waiting")
    harness.tick()

    assert harness.states() == {"ann": "confirmed"}
    assert harness.kinds("ann") == ["booked"]
