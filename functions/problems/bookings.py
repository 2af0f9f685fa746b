"""Problems with booking a place, or with changing a booking."""

from collections.abc import Mapping

from functions.forms.availability import BookingsClosedError
from functions.problems.http_errors import BookingOutcomeExpiredError
from functions.problems.problem_details import Problem, busy, closed, wording
from shared.bookings.model.errors import (
    BookingsBusyError,
    LinkUnknownError,
    MoveUnderWayError,
    NotForOutsidersError,
    SessionClosedError,
    SessionFullError,
    SessionPastError,
    SessionSuspendedError,
    SessionUnavailableError,
    SessionUnknownError,
    SubmissionCancelledError,
    SubmissionReusedError,
    TooLateError,
    TooLateToCheckError,
    TooManyUnprovenError,
)


def _problem(status: int, name: str) -> Problem:
    return Problem(status, name, wording("bookings", name), next_link="/sessions")


BOOKING_PROBLEMS: Mapping[type[Exception], Problem] = {
    BookingOutcomeExpiredError: _problem(410, "booking-outcome-expired"),
    SessionUnknownError: _problem(404, "session-unknown"),
    SessionPastError: _problem(409, "session-past"),
    SessionFullError: _problem(409, "session-full"),
    TooManyUnprovenError: _problem(409, "too-many-unproven"),
    SessionClosedError: _problem(409, "session-closed"),
    SessionSuspendedError: _problem(409, "session-suspended"),
    SessionUnavailableError: _problem(409, "session-unavailable"),
    NotForOutsidersError: _problem(409, "not-for-outsiders"),
    TooLateToCheckError: _problem(409, "too-late-to-check"),
    LinkUnknownError: _problem(404, "link-unknown"),
    TooLateError: _problem(409, "too-late"),
    SubmissionReusedError: _problem(409, "already-sent"),
    SubmissionCancelledError: _problem(409, "booking-cancelled"),
    MoveUnderWayError: _problem(409, "move-under-way"),
    BookingsBusyError: busy("bookings-busy"),
    BookingsClosedError: closed("bookings", "bookings-closed"),
}
