"""Every way in which a request can end badly: one table from the error to a status and to words for a person.

Nothing here names a person, a trust or a subject: these titles show on shared screens and in browser histories.
"""

from functions.forms.availability import BookingsClosedError, ClosedError, OneToOneClosedError
from functions.forms.body import BodyError, BodyTooLargeError, EmptyBodyError, MalformedBodyError, UnsupportedBodyError
from functions.forms.tokens import FormTokenError
from functions.forms.validation import FormError
from functions.problems.http_errors import CrossSiteFormError, MethodNotAllowedError, PageNotFoundError
from functions.problems.problem_details import UNEXPECTED, Problem, about_session, busy, closed, not_ready
from functions.problems.provider import PROVIDER_PROBLEMS
from shared.bookings.model.errors import (
    BookingError,
    BookingsBusyError,
    LinkUnknownError,
    NotForOutsidersError,
    SessionClosedError,
    SessionFullError,
    SessionPastError,
    SessionUnavailableError,
    SessionUnknownError,
    SubmissionReusedError,
    TooLateError,
    TooLateToCheckError,
)
from shared.config.settings import SettingsError
from shared.content.content import ContentError
from shared.referrals.errors import (
    ReferralError,
    ReferralReusedError,
    ReferralsBusyError,
    ReferralUnknownError,
    TooManyGuessesError,
)
from shared.tables.table import StorageError

__all__ = [
    "PROBLEMS",
    "UNEXPECTED",
    "CrossSiteFormError",
    "MethodNotAllowedError",
    "PageNotFoundError",
    "Problem",
    "problem_of",
]


_NOT_A_FORM = Problem(
    400,
    "not-a-form",
    "We could not read the form",
    "Go back and try again. Use the form on our page, in a browser that is up to date.",
)

PROBLEMS: dict[type[Exception], Problem] = {
    SessionUnknownError: about_session(
        404,
        "session-unknown",
        "This session is not available",
        "It may have been taken off the list, or the link to it may be incomplete.",
    ),
    SessionPastError: about_session(
        409, "session-past", "This session has already taken place", "You can book another one."
    ),
    SessionFullError: about_session(
        409,
        "session-full",
        "This session is full",
        "Every place is taken. You can book another session, or look again later: places become free.",
    ),
    SessionClosedError: about_session(
        409,
        "session-closed",
        "This session is not open for booking",
        "It may open later, or it may have been called off. You can book another one.",
    ),
    SessionUnavailableError: about_session(
        409, "session-unavailable", "This session cannot be booked", "You can book another one."
    ),
    NotForOutsidersError: about_session(
        409,
        "not-for-outsiders",
        "These sessions are for people who work for the trust",
        "If you work for the trust and used another email address, go back and say so, or use your work address.",
    ),
    TooLateToCheckError: about_session(
        409,
        "too-late-to-check",
        "It is too late to book this session with this email address",
        "There is no time left to check that you work for the trust. If you have a work address, go back and use it.",
    ),
    LinkUnknownError: about_session(
        404,
        "link-unknown",
        "This link is not valid or has been used",
        "Use the link in the newest email about your booking, and check that it is complete.",
    ),
    TooLateError: about_session(
        409,
        "too-late",
        "It is too late to change this booking",
        "The session has started. You can book another one.",
    ),
    SubmissionReusedError: about_session(
        409,
        "already-sent",
        "You have already sent this form",
        "We kept your first answers. To book again with other answers, start from the list of sessions.",
    ),
    ReferralReusedError: Problem(
        409,
        "already-sent",
        "You have already sent this form",
        "Your first answers were kept and are on their way. To change something, say so when you are contacted, "
        "or start a new form.",
        next_link="/one-to-one",
        next_link_text="Start a new form",
    ),
    ReferralUnknownError: Problem(
        404,
        "referral-unknown",
        "We cannot find this reference",
        "Check it, and try again. References are kept for some months after a referral was passed on.",
        next_link="/one-to-one/status",
        next_link_text="Try again",
    ),
    TooManyGuessesError: Problem(
        429,
        "too-many-guesses",
        "Please try again in a minute",
        "Too many references were asked for that do not exist. It need not have been you.",
        next_link="/one-to-one/status",
        next_link_text="Try again",
        retry_after=60,
    ),
    BookingsBusyError: busy("bookings-busy"),
    ReferralsBusyError: busy("referrals-busy"),
    StorageError: busy("storage-busy"),
    SettingsError: not_ready("settings", 300),
    ContentError: not_ready("content", 300),
    BookingError: UNEXPECTED,
    ReferralError: UNEXPECTED,
    **PROVIDER_PROBLEMS,
    BodyError: _NOT_A_FORM,
    MalformedBodyError: _NOT_A_FORM,
    EmptyBodyError: Problem(400, "empty", "We did not receive the form", "Go back and try again."),
    BodyTooLargeError: Problem(
        413, "too-large", "Your answers are too long", "Go back, shorten your answers, and send the form again."
    ),
    UnsupportedBodyError: Problem(
        415, "unsupported", "We could not read the form", "Send a form, or JSON, in the character set UTF-8."
    ),
    FormError: Problem(
        422, "answers", "There is a problem with your answers", "Go back, correct what is listed here, and send again."
    ),
    FormTokenError: Problem(
        422, "form-token", "Check your answers and send again", "Go back, check your answers, and send the form again."
    ),
    PageNotFoundError: Problem(
        404,
        "page-unknown",
        "Page not found",
        "If you typed the address, check it is correct. If you followed a link, it may be incomplete or out of date.",
    ),
    MethodNotAllowedError: Problem(
        405,
        "method",
        "This page cannot be opened like that",
        "If you came here by going back or by a bookmark, begin again at the start.",
    ),
    ClosedError: UNEXPECTED,
    BookingsClosedError: closed(
        "bookings-closed", "Booking is closed at the moment", "Nothing was booked. Bookings made before still stand."
    ),
    OneToOneClosedError: closed(
        "one-to-one-closed", "The form is closed at the moment", "Nothing was kept. Forms sent before are passed on."
    ),
    CrossSiteFormError: Problem(
        403,
        "foreign-origin",
        "This form was sent from another website",
        "For your safety we only take forms that were filled in here. Open the form on our page and send it again.",
    ),
}


def problem_of(error: Exception) -> Problem:
    """The row of the error's class, or of the nearest class above it that has one."""
    rows = (PROBLEMS[kind] for kind in type(error).__mro__ if kind in PROBLEMS)
    return next(rows, UNEXPECTED)
