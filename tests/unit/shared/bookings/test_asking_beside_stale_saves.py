"""Someone asks for a place after a stale save of their row, before the timer settles it: they hear how they stand."""

from datetime import timedelta
from typing import Any

import pytest

from shared.bookings.model.attendee import AttendeeState
from shared.bookings.model.errors import LinkUnknownError, SessionFullError, SubmissionCancelledError
from tests.builders import booking_request
from tests.unit.shared.bookings.test_stale_saves import PortalHarness, full


def saved_back(*names: str, asked_before: bool = False, **cells: int) -> PortalHarness:
    """Ann has cancelled, and her row was saved as it was before."""
    harness = full(*(names or ("ann", "ben")), **cells)
    harness.tick()
    if asked_before:
        harness.book("ann", join_waiting_list=True)
    form = harness.opened("ann")
    harness.pass_time(minutes=5)
    harness.cancel("ann")
    harness.save(form)
    harness.pass_time(minutes=1)
    return harness


@pytest.mark.parametrize("asked_before", [False, True])
def test_who_asks_for_a_full_session_waits_and_is_told_so(*, asked_before: bool) -> None:
    harness = saved_back("ann", "ben", "cem", asked_before=asked_before, Capacity=2)
    told = len(harness.kinds("ann"))
    booked = harness.book("ann", join_waiting_list=True)

    assert booked.state == "waiting"
    harness.ticks()
    assert harness.states() == {"ann": "waiting", "ben": "confirmed", "cem": "confirmed"}
    assert harness.kinds("ann")[told:] == ["waiting list"]
    assert harness.row("ann").text("Problem") == ""


@pytest.mark.parametrize("asked_before", [False, True])
def test_who_asks_where_a_place_is_free_is_booked_and_told_so_at_once(*, asked_before: bool) -> None:
    harness = saved_back("ann", asked_before=asked_before)
    told = len(harness.kinds("ann"))

    assert harness.book("ann").state == "confirmed"
    assert harness.kinds("ann")[told:] == ["booked"]
    harness.ticks()
    assert harness.states() == {"ann": "confirmed"}
    assert harness.kinds("ann")[told:] == ["booked"]


def test_who_asks_where_others_got_the_place_and_does_not_want_to_wait_is_refused() -> None:
    harness = saved_back("ann", "ben")

    with pytest.raises(SessionFullError):
        harness.book("ann")
    harness.ticks()
    assert harness.states() == {"ann": "cancelled", "ben": "confirmed"}


def test_form_that_is_sent_again_is_answered_that_its_booking_was_cancelled() -> None:
    harness = PortalHarness(Capacity=1)
    request = booking_request(full_name="Ann", email="ann@example.nhs.uk", submission_id="a" * 32)
    harness.booking().book(request, harness.now)
    harness.tick()
    form = harness.opened("ann")
    harness.cancel("ann")
    harness.save(form)

    with pytest.raises(SubmissionCancelledError):
        harness.booking().book(request, harness.now)


@pytest.mark.parametrize(("capacity", "state", "kind"), [(1, "waiting", "waiting list"), (2, "confirmed", "booked")])
def test_who_moved_away_and_asks_for_a_place_here_too_is_told_how_they_stand(
    capacity: int, state: str, kind: str
) -> None:
    harness = full("ann", "ben", Capacity=capacity)
    harness.add_session(RowKey="s2", Date="2023-09-12", Capacity=1)
    form = harness.opened("ann")
    harness.move("ann", "s2")
    harness.save(form)
    harness.pass_time(minutes=1)
    told = len(harness.kinds("ann"))

    assert harness.book("ann", join_waiting_list=True).state == state
    harness.ticks()
    assert harness.kinds("ann")[told:] == [kind]
    assert (harness.states()["ann"], harness.states()["ben"]) == (state, "confirmed")
    assert harness.states("s2") == {"ann": "confirmed"}


@pytest.mark.parametrize("capacity", [1, 2])
def test_who_booked_again_and_was_saved_back_as_cancelled_is_told_of_the_booking_that_they_ask_for(
    capacity: int,
) -> None:
    harness = full("ann", Capacity=capacity)
    harness.cancel("ann")
    harness.tick()
    form = harness.opened("ann")
    harness.pass_time(minutes=5)
    harness.book("ann")
    harness.save(form)
    harness.pass_time(minutes=1)
    told = len(harness.kinds("ann"))

    assert harness.book("ann").state == "confirmed"
    assert harness.kinds("ann")[told:] == ["booked"]
    harness.ticks()
    assert harness.states() == {"ann": "confirmed"}
    assert harness.kinds("ann")[told:] == ["booked"]


def test_who_left_the_waiting_list_and_asks_again_waits_behind_the_others() -> None:
    harness = full("ann", "ben", "cem")
    harness.tick()
    form = harness.opened("ben")
    harness.cancel("ben")
    harness.save(form)
    harness.pass_time(minutes=1)
    harness.book("ben", join_waiting_list=True)
    harness.ticks()
    harness.cancel("ann")

    assert harness.states() == {"ann": "cancelled", "ben": "waiting", "cem": "confirmed"}
    assert harness.kinds("ben") == ["waiting list", "no longer booked", "waiting list"]


def test_who_was_not_checked_in_time_and_asks_again_is_held_a_place_anew() -> None:
    harness = PortalHarness(Date="2023-09-29")
    dee: dict[str, Any] = {"email": "dee@personal.example", "works_here": True, "proves": True}
    harness.book("dee", **dee)
    harness.tick()
    form = harness.opened("dee")
    harness.live(until=harness.now + timedelta(days=5))
    assert harness.states() == {"dee": "cancelled"}
    harness.save(form)
    told = len(harness.kinds("dee"))

    assert harness.book("dee", **dee).state is AttendeeState.TO_CHECK
    assert harness.kinds("dee")[told:] == ["to confirm", "place held"]


def test_link_to_another_address_does_not_open_the_booking_that_is_asked_for() -> None:
    harness = full("ann", Capacity=2)
    harness.tick()
    form = harness.opened("ann")
    harness.edit("ann", Email="ann.new@example.nhs.uk")
    harness.ticks()
    other = harness.token("ann")
    harness.cancel("ann")
    harness.save(form)
    harness.pass_time(minutes=1)
    harness.book("ann")

    with pytest.raises(LinkUnknownError):
        harness.self_service().find(other, harness.now)
    assert harness.self_service().find(harness.token("ann"), harness.now).attendee.is_live
    harness.ticks()
    assert harness.states() == {"ann": "confirmed"}


def test_booking_that_an_administrator_wrote_over_a_cancellation_is_one_that_is_there() -> None:
    harness = full("ann", Capacity=2)
    harness.cancel("ann")
    harness.tick()
    harness.edit("ann", State="confirmed")
    harness.book("ann")
    harness.ticks()

    assert harness.states() == {"ann": "confirmed"}
    assert harness.kinds("ann")[2:].count("booked") == 1
