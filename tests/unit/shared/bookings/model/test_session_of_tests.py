"""A session in state `test`: booked like an open one, in no list, and of no interest to staff."""

import pytest

from shared.bookings.model.allocation_policy import AllocationPolicy
from shared.bookings.model.attendee import Roster
from shared.bookings.model.errors import SessionClosedError
from shared.bookings.model.session import Session, SessionState
from shared.bookings.staff_emails.facilitator_briefing import due_briefing
from shared.bookings.staff_emails.organiser_alerts import alerts
from tests.builders import attendee, london, session

NOW = london("2023-09-07 15:00")


def in_state(state: SessionState) -> Session:
    return session(state=state, join_url="")


@pytest.mark.parametrize(
    ("state", "bookable", "listed"),
    [
        (SessionState.OPEN, True, True),
        (SessionState.TEST, True, False),
        (SessionState.CLOSED, False, False),
        (SessionState.DRAFT, False, False),
        (SessionState.CANCELLED, False, False),
    ],
)
def test_it_takes_bookings_and_no_list_shows_it(state: SessionState, bookable: bool, listed: bool) -> None:
    found = in_state(state)

    assert (found.takes_bookings(NOW), found.is_listed(NOW)) == (bookable, listed)
    if bookable:
        found.check_takes_bookings(NOW)
    else:
        with pytest.raises(SessionClosedError):
            found.check_takes_bookings(NOW)


@pytest.mark.parametrize(("state", "told"), [(SessionState.OPEN, True), (SessionState.TEST, False)])
def test_staff_are_told_nothing_of_it(state: SessionState, told: bool) -> None:
    roster = Roster((attendee(adjustments="Captions"),), "")

    assert bool(alerts(in_state(state), roster, AllocationPolicy(), NOW)) is told
    assert (due_briefing(in_state(state), NOW) is not None) is told
