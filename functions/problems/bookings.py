"""Problems with booking a place, or with changing a booking."""

from collections.abc import Mapping

from functions.forms.availability import BookingsClosedError
from functions.problems.http_errors import BookingOutcomeExpiredError
from functions.problems.problem_details import Problem, busy, closed
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


def _about_session(status: int, name: str, title: str, detail: str) -> Problem:
    return Problem(
        status, name, title, detail, next_link="/sessions", next_link_text="See all sessions that you can book"
    )


BOOKING_PROBLEMS: Mapping[type[Exception], Problem] = {
    BookingOutcomeExpiredError: Problem(
        410,
        "booking-outcome-expired",
        "This page is no longer shown",
        "We show it for 15 minutes only, so that no one else who uses this device can find it. "
        "The email that we sent you says if you have a place, and has a link to see, change or cancel your booking.",
        next_link="/sessions",
        next_link_text="See all sessions",
    ),
    SessionUnknownError: _about_session(
        404,
        "session-unknown",
        "This session is not available",
        "It may have been taken off the list, or the link to it may be incomplete.",
    ),
    SessionPastError: _about_session(
        409, "session-past", "This session has already taken place", "You can book another one."
    ),
    SessionFullError: _about_session(
        409,
        "session-full",
        "This session is full",
        "Every place is taken. You can book another session, or look again later: places become free.",
    ),
    TooManyUnprovenError: _about_session(
        409,
        "too-many-unproven",
        "We cannot take another booking with this kind of email address at the moment",
        "Many bookings of this session wait for someone to confirm an address that is not the trust's. Nothing was "
        "booked. If you have a work email address, go back and use it. If not, try again tomorrow, or book another "
        "session.",
    ),
    SessionClosedError: _about_session(
        409,
        "session-closed",
        "This session is not open for booking",
        "It may open later, or it may have been called off. You can book another one.",
    ),
    SessionSuspendedError: _about_session(
        409,
        "session-suspended",
        "This session cannot be booked at the moment",
        "Nothing was booked. Try again later, or book another session.",
    ),
    SessionUnavailableError: _about_session(
        409, "session-unavailable", "This session cannot be booked", "You can book another one."
    ),
    NotForOutsidersError: _about_session(
        409,
        "not-for-outsiders",
        "These sessions are for people who work for the trust",
        "If you work for the trust and used another email address, go back and say so, or use your work address.",
    ),
    TooLateToCheckError: _about_session(
        409,
        "too-late-to-check",
        "It is too late to book this session with this email address",
        "There is no time left to check that you work for the trust. If you have a work address, go back and use it.",
    ),
    LinkUnknownError: _about_session(
        404,
        "link-unknown",
        "This link is not valid or has been used",
        "Use the link in the newest email about your booking, and check that it is complete.",
    ),
    TooLateError: _about_session(
        409,
        "too-late",
        "It is too late to change this booking",
        "The session has started. You can book another one.",
    ),
    SubmissionReusedError: _about_session(
        409,
        "already-sent",
        "You have already sent this form",
        "We kept your first answers. To book again with other answers, start from the list of sessions.",
    ),
    SubmissionCancelledError: _about_session(
        409,
        "booking-cancelled",
        "This booking was cancelled",
        "You sent this form before, and the booking was cancelled after that. Nothing has been booked now. "
        "To book again, start from the list of sessions.",
    ),
    MoveUnderWayError: _about_session(
        409,
        "move-under-way",
        "Your other booking is being moved",
        "You have a booking of the session that you chose, and it is being moved at this moment. Nothing was changed. "
        "Wait a minute, then look at your bookings again.",
    ),
    BookingsBusyError: busy("bookings-busy"),
    BookingsClosedError: closed(
        "bookings-closed", "Booking is closed at the moment", "Nothing was booked. Bookings made before still stand."
    ),
}
