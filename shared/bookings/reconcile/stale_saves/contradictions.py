"""Rows that contradict the email log: live after a cancellation was told, or in an earlier generation, or with less.

A state that an administrator wrote is no contradiction: the row's `KnownState` is then another than its `State`.
"""

from collections.abc import Mapping

from shared.bookings.email_log.told import Told
from shared.bookings.model.attendee import Attendee, AttendeeState, Roster
from shared.bookings.model.email_ids import KIND_BY_STATE


def contradicting(roster: Roster, told: Mapping[str, Told]) -> frozenset[str]:
    """Keys of the rows that contradict what was `told`, by row key."""
    return frozenset(each.key for each in roster.attendees if _contradicts(each, told[each.key]))


def is_less(attendee: Attendee, state: AttendeeState) -> bool:
    """True if the row has less than `state`."""
    order = [AttendeeState.CANCELLED, *KIND_BY_STATE]
    return order.index(attendee.state) < order.index(state)


def is_more(attendee: Attendee, told: Told, latest: int) -> bool:
    """True if the row has more than the latest generation was told, and had less by then than in its own."""
    state, before = told.state(latest), told.state(attendee.generation)
    if latest <= attendee.generation or state is None or before is None or attendee.known_state != attendee.state:
        return False
    order = list(KIND_BY_STATE)
    return order.index(state) < min(order.index(before), order.index(attendee.state))


def rose_by_itself(attendee: Attendee, told: Told) -> bool:
    """True if the latest generation is above the row's, and came of no cancellation."""
    between = range(attendee.generation, told.latest)
    return bool(between) and not any(told.cancellation(generation) for generation in between)


def _contradicts(attendee: Attendee, told: Told) -> bool:
    if attendee.is_repeated:
        return False
    if attendee.generation < told.latest:
        return True
    if attendee.is_live and told.cancellation(attendee.generation):
        return attendee.known_state != AttendeeState.CANCELLED
    if not attendee.is_live or attendee.is_bounced or attendee.known_state != attendee.state:
        return False
    state = told.state(attendee.generation)
    return state is not None and is_less(attendee, state)
