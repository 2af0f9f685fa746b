"""Moving to another session: the new place first, the old one after it, and one mail."""

from typing import Any

import pytest

from shared.bookings.model.errors import LinkUnknownError, SessionFullError, TooLateError
from tests.builders import london
from tests.fakes import FAULTS, Crash, Fault, InjectedFault, with_fault
from tests.unit.shared.bookings.booking_system import BookingHarness


def two_sessions(**second: Any) -> BookingHarness:
    harness = BookingHarness(Capacity=1)
    harness.add_session(**{"RowKey": "s2", "Date": "2023-10-03", "Capacity": 1} | second)
    harness.book("ann")
    return harness


def test_a_move_is_a_place_there_none_here_and_one_mail() -> None:
    harness = two_sessions()

    harness.move("ann", "s2")
    harness.tick()

    assert (harness.states("s1"), harness.states("s2")) == ({"ann": "cancelled"}, {"ann": "confirmed"})
    assert harness.kinds("ann") == ["booked", "booked"]
    assert "Your booking has moved" in harness.mails("ann")[1].text


def test_a_full_session_keeps_the_place_one_has() -> None:
    harness = two_sessions(Capacity=0)

    with pytest.raises(SessionFullError):
        harness.move("ann", "s2")

    harness.tick()
    assert (harness.states("s1"), harness.states("s2")) == ({"ann": "confirmed"}, {})
    assert harness.kinds("ann") == ["booked"]


def test_the_place_that_was_left_goes_to_who_waits_for_it() -> None:
    harness = two_sessions()
    harness.book("ben", join_waiting_list=True)

    harness.move("ann", "s2")

    assert harness.states("s1") == {"ann": "cancelled", "ben": "confirmed"}


def test_who_waits_at_the_other_session_keeps_the_place_here() -> None:
    harness = two_sessions()
    harness.book("ben", "s2")
    harness.book("ann", "s2", join_waiting_list=True)

    with pytest.raises(SessionFullError):
        harness.move("ann", "s2")

    assert harness.states("s1") == {"ann": "confirmed"}


@pytest.mark.parametrize("fault", FAULTS)
def test_an_interrupted_move_is_finished_by_the_schedule_or_never_begun(fault: Fault) -> None:
    for at in range(100):
        harness, trouble = two_sessions(), InjectedFault(at, fault)
        token = harness.token("ann")
        try:
            harness._send(harness.self_service(with_fault(trouble)).move(token, "s2", harness.now).mails)
        except (Crash, Exception):  # noqa: BLE001  # the person saw an error, or the process died
            harness.time.seconds += 10
        harness.pass_time(minutes=5)
        harness.tick()
        harness.pass_time(minutes=5)
        harness.tick()

        held = [harness.states(session).get("ann") for session in ("s1", "s2")]
        assert held in (["confirmed", None], ["cancelled", "confirmed"]), f"call {at}"
        assert harness.kinds("ann") == ["booked"] * (1 if held[1] is None else 2)
        if not trouble.triggered:
            assert held == ["cancelled", "confirmed"]
            assert at >= 5
            return
    pytest.fail("the calls never ended")


def test_a_link_dies_with_the_booking_that_it_was_for() -> None:
    harness = BookingHarness()
    harness.book("ann")
    old = harness.token("ann")
    harness.cancel("ann")
    harness.pass_time(minutes=1)
    harness.book("ann")

    with pytest.raises(LinkUnknownError):
        harness.self_service().cancel(old, harness.now)
    assert harness.states() == {"ann": "confirmed"}
    assert harness.kinds("ann") == ["booked", "no longer booked", "booked"]


def test_the_second_time_a_place_is_given_up_says_that_it_already_was() -> None:
    harness = BookingHarness()
    harness.book("ann")
    token = harness.token("ann")

    assert not harness.self_service().cancel(token, harness.now).already
    assert harness.self_service().cancel(token, harness.now).already


def test_no_change_of_one_character_opens_anything() -> None:
    harness = BookingHarness()
    harness.book("ann")
    token = harness.token("ann")

    for place in range(len(token)):
        for other in "A_-9z":
            if token[place] != other:
                with pytest.raises(LinkUnknownError):
                    harness.self_service().find(token[:place] + other + token[place + 1 :], harness.now)


@pytest.mark.parametrize("token", ["", "x", "a" * 5000, "..", "%00", "Zm9v", "é"])
def test_what_was_never_a_link_opens_nothing(token: str) -> None:
    with pytest.raises(LinkUnknownError):
        BookingHarness().self_service().find(token, london("2023-09-01 09:00"))


def test_reminders_can_be_stopped_and_had_again() -> None:
    harness = BookingHarness()
    harness.book("ann")
    token = harness.token("ann")

    harness.self_service().set_reminders(token, on=False, now=harness.now)
    assert harness.self_service().set_reminders(token, on=False, now=harness.now).already
    harness.live(until=london("2023-09-01 10:00"))
    harness.at(london("2023-09-07 15:05"))
    harness.tick()
    assert harness.kinds("ann") == ["booked"]

    harness.self_service().set_reminders(token, on=True, now=harness.now)
    harness.at(london("2023-09-08 14:05"))
    harness.tick()
    assert harness.kinds("ann") == ["booked", "reminder"]


def test_nothing_changes_once_the_session_has_started() -> None:
    harness = two_sessions()
    token = harness.token("ann")
    harness.at(london("2023-09-08 15:00"))

    with pytest.raises(TooLateError):
        harness.self_service().cancel(token, harness.now)
    with pytest.raises(TooLateError):
        harness.self_service().move(token, "s2", harness.now)
    with pytest.raises(TooLateError):
        harness.self_service().set_reminders(token, on=False, now=harness.now)
    assert harness.states() == {"ann": "confirmed"}
