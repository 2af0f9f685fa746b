"""Rules for addresses that are yet to be proved: who booked with one may have typed anyone's.

An address is proved by a button behind the link in its emails. Until then who gave one that is not the trust's:

1. holds a place only within a share of the session's, for 24 hours, and gives it up after 2 to someone who is proved;
2. waits without a turn where there was none, or after that, in the order of booking, for a week;
3. is told nothing but what the button is for.

Whoever loses a place by this keeps the order of their booking.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from shared.bookings.model.attendee import Attendee, AttendeeState, Reason, Roster
from shared.bookings.model.generation import next_generation
from shared.bookings.model.place_count import PlaceCount
from shared.bookings.model.session import Session

HELD_FOR = timedelta(hours=24)
"""The time for which a place is held for someone whose address is yet to be proved."""

YIELDS_AFTER = timedelta(hours=2)
"""The time after which such a place goes to someone else who wants it and is proved."""

KEPT_FOR = timedelta(days=7)
"""The time for which a booking is kept that nobody has proved."""

CHECKED_BEFORE = timedelta(hours=24)
"""At the latest this long before the start a place is no longer held for someone who was not checked."""


def acted(attendee: Attendee, now: datetime) -> Attendee:
    """The attendee after a button behind the link in their emails was pressed at `now` (UTC), the first time or not."""
    return replace(vouched_for(attendee), acted_at=now) if attendee.never_acted else attendee


def vouched_for(attendee: Attendee) -> Attendee:
    """The attendee as one whose address nobody doubts; what they lost because an email came back is given back."""
    sure = replace(attendee, never_acted=False)
    if attendee.is_live and attendee.reason == Reason.HOLD_LOST:
        return replace(sure, reason="")
    return _as_before_the_bounce(sure) if attendee.is_bounced else sure


def bounced(attendee: Attendee, now: datetime) -> Attendee:
    """The attendee once the email about the booking came back: what they have is kept until someone has looked."""
    state = AttendeeState.TO_CHECK if attendee.holds_a_place else attendee.state
    return replace(attendee, state=state, known_state=str(state), state_at=now, reason=str(Reason.BOUNCED))


def tried_again(attendee: Attendee, now: datetime) -> Attendee:
    """Someone whose email came back, as they were before: it is sent once more, about the next generation."""
    return replace(_as_before_the_bounce(attendee), state_at=now, generation=next_generation(attendee))


def _as_before_the_bounce(attendee: Attendee) -> Attendee:
    state = AttendeeState.WAITING if attendee.is_waiting else AttendeeState.CONFIRMED
    return replace(attendee, state=state, known_state=str(state), reason="")


def without_hold(attendee: Attendee, now: datetime) -> Attendee:
    """The attendee who gives up the place that was held for them, and keeps the order of the booking."""
    state = AttendeeState.WAITING
    lost = replace(attendee, state=state, known_state=str(state), state_at=now, reason=str(Reason.HOLD_LOST))
    return replace(lost, waiting_since=attendee.booked_at)


def held_until(session: Session, attendee: Attendee) -> datetime:
    """The moment, in UTC, until which a place is held for someone who is yet to prove their address."""
    return min(_held_since(attendee) + HELD_FOR, session.starts - CHECKED_BEFORE)


def yields_from(attendee: Attendee) -> datetime:
    """The moment, in UTC, from which that place goes to someone else who wants it."""
    return _held_since(attendee) + YIELDS_AFTER


def kept_until(session: Session, attendee: Attendee) -> datetime:
    """The moment, in UTC, until which the address can be proved."""
    return min(attendee.booked_at + KEPT_FOR, session.starts - CHECKED_BEFORE)


def most_unproven(capacity: int, percent: int) -> int:
    """The number of places that may be held for addresses that are yet to be proved."""
    return max(1, capacity * percent // 100)


def yielding(roster: Roster | PlaceCount, now: datetime) -> tuple[Attendee, ...]:
    """Those whose place goes to someone who is proved and wants it, the last who booked first."""
    return tuple(each for each in roster.unproven_held if now >= yields_from(each))


def lost_holds(roster: Roster, most: int, now: datetime) -> tuple[Attendee, ...]:
    """Those whose time is over, and those who hold more than the `most` places that may be held."""
    over = [each for each in roster.unproven_held if now >= _held_since(each) + HELD_FOR]
    kept = [each for each in roster.unproven_held if each not in over]
    return without_holds([*over, *kept[: max(0, len(kept) - most)]], now)


def without_holds(attendees: Iterable[Attendee], now: datetime) -> tuple[Attendee, ...]:
    return tuple(without_hold(each, now) for each in attendees)


def forgotten(session: Session, roster: Roster, now: datetime) -> tuple[Attendee, ...]:
    """Those who hold nothing and whose time to prove their address is over, as cancelled."""
    waiting = (each for each in roster.attendees if each.is_unproven and each.is_waiting)
    return tuple(each.cancelled(Reason.NOT_PROVED, now) for each in waiting if now >= kept_until(session, each))


def _held_since(attendee: Attendee) -> datetime:
    return attendee.state_at or attendee.booked_at
