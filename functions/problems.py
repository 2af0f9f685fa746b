"""Every way in which a request can end badly: one table from the error to a status and to words for a person.

Nothing here names a person, a trust or a subject: these titles show on shared screens and in browser histories.
"""

from dataclasses import dataclass

from functions.form_tokens import FormTokenError
from functions.forms import (
    BodyError,
    BodyTooLargeError,
    EmptyBodyError,
    FormError,
    MalformedBodyError,
    UnsupportedBodyError,
)
from shared.bookings.errors import (
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
from shared.content import ContentError
from shared.referrals.errors import (
    KeyUnavailableError,
    ReferralError,
    ReferralLinkError,
    ReferralReusedError,
    ReferralsBusyError,
    UnsealError,
)
from shared.rows import StorageError
from shared.settings import SettingsError


class PageUnknownError(Exception):
    """There is nothing at this address, or nothing any more."""


class ForeignOriginError(Exception):
    """A page of another site sent this form."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What a person reads: why it did not work, what to do next, and a way out of the page.

    `name` is the stable end of the problem's type URI (RFC 9457); `retry_after` is in seconds, None where repeating
    will not help.
    """

    status: int
    name: str
    title: str
    detail: str
    way_out: str = "/"
    way_out_text: str = "Go to the start page"
    retry_after: int | None = None

    @property
    def type(self) -> str:
        return f"/problems/{self.name}"


def _about_session(status: int, name: str, title: str, detail: str) -> Problem:
    return Problem(status, name, title, detail, way_out="/sessions", way_out_text="See all sessions that you can book")


def _busy(name: str) -> Problem:
    detail = (
        "We could not save your answers. Go back and send them again: what you typed should still be there, "
        "and sending twice does no harm."
    )
    return Problem(503, name, "Sorry, please try again", detail, retry_after=5)


def _not_ready(name: str, seconds: int) -> Problem:
    detail = "Nothing was saved. Please come back later."
    return Problem(503, name, "The service is not ready", detail, retry_after=seconds)


UNEXPECTED = Problem(
    500,
    "unexpected",
    "Sorry, there is a problem with the service",
    "Go back and try again. If it happens again, please come back later.",
)

_NOT_A_FORM = Problem(
    400,
    "not-a-form",
    "We could not read the form",
    "Go back and try again. Use the form on our page, in a browser that is up to date.",
)

PROBLEMS: dict[type[Exception], Problem] = {
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
    SessionClosedError: _about_session(
        409,
        "session-closed",
        "This session is not open for booking",
        "It may open later, or it may have been called off. You can book another one.",
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
    ReferralReusedError: Problem(
        409,
        "already-sent",
        "You have already sent this form",
        "Your first answers were kept and are on their way. To change something, say so when you are contacted, "
        "or start a new form.",
        way_out="/one-to-one",
        way_out_text="Start a new form",
    ),
    ReferralLinkError: Problem(
        404,
        "referral-link",
        "This link is not valid or has been used",
        "Use the link in the newest email about this referral, and check that it is complete.",
    ),
    BookingsBusyError: _busy("bookings-busy"),
    ReferralsBusyError: _busy("referrals-busy"),
    StorageError: _busy("storage-busy"),
    SettingsError: _not_ready("settings", 300),
    ContentError: _not_ready("content", 300),
    BookingError: UNEXPECTED,
    ReferralError: UNEXPECTED,
    KeyUnavailableError: Problem(
        503,
        "key-unavailable",
        "We cannot open this referral at the moment",
        "Nothing is lost: it is kept until you have saved it. Please try again in a few minutes.",
        retry_after=300,
    ),
    UnsealError: Problem(
        500,
        "unseal",
        "We cannot open this referral",
        "What is stored of it is damaged. The people who run the service have been told. Nothing has been deleted.",
    ),
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
    PageUnknownError: Problem(
        404,
        "page-unknown",
        "Page not found",
        "If you typed the address, check it is correct. If you followed a link, it may be incomplete or out of date.",
    ),
    ForeignOriginError: Problem(
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
