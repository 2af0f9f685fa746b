"""The state that someone who asks for a place gets, or the refusal."""

from datetime import datetime

from shared.bookings.model.allocation_policy import AllocationPolicy
from shared.bookings.model.attendee import AttendeeState
from shared.bookings.model.errors import SessionFullError, TooManyUnprovenError
from shared.bookings.places.applicant import Applicant
from shared.bookings.places.snapshot_cache import Snapshot


def state_for(policy: AllocationPolicy, snapshot: Snapshot, applied: Applicant, now: datetime) -> AttendeeState:
    """The state of an applicant who is new on the roster.

    Someone unproven waits, whether they asked for that or not, where they would get a place once they are proved.

    Raises:
        TooManyUnprovenError: they are unproven, and so are too many others.
        SessionFullError: there is no place, and they did not ask to wait or cannot.
    """
    session, roster = snapshot.session, snapshot.roster
    if applied.is_unproven and not policy.takes_unproven(session, roster):
        raise TooManyUnprovenError(session.id)
    if not policy.places_for_newcomer(session, roster, now):
        may_wait = policy.may_join_waiting_list(session, roster, now)
        if not (applied.request.join_waiting_list and may_wait):
            raise SessionFullError(session.id, waiting_list=may_wait)
        return AttendeeState.WAITING
    if applied.is_unproven and not policy.has_place_for_unproven(session, roster, now):
        return AttendeeState.WAITING
    return AttendeeState.TO_CHECK if applied.needs_check else AttendeeState.CONFIRMED
