"""Rules by which places are given, each by itself."""

from dataclasses import replace

from shared.bookings.model.attendee import AttendeeState, Roster
from tests.builders import MORNING, POLICY, attendee, session


def test_while_places_are_on_hold_none_is_free_for_anyone() -> None:
    held, of = replace(POLICY, on_hold=True), session(capacity=2)
    empty = Roster((), "guard")
    queue = Roster((attendee(state=AttendeeState.WAITING),), "guard")

    assert (POLICY.free_places(of, empty), held.free_places(of, empty)) == (2, 0)
    assert not held.has_place_for_newcomer(of, empty, MORNING)
    assert held.places_for_newcomer(of, empty, MORNING) == 0
    assert (len(POLICY.promoted(of, queue, MORNING)), held.promoted(of, queue, MORNING)) == (1, ())
