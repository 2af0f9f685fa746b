"""Operations of the API: each with its body, its answers and its errors."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pydantic import BaseModel

from functions.api import response_models as answers
from functions.forms.availability import BookingsClosedError, OneToOneClosedError, OneToOneNotReadyError
from functions.forms.body import BodyTooLargeError, EmptyBodyError, MalformedBodyError, UnsupportedBodyError
from functions.forms.validation import FormError
from functions.problems.http_errors import (
    BookingOutcomeExpiredError,
    CrossSiteFormError,
    MethodNotAllowedError,
    PageNotFoundError,
    ReferralOutcomeExpiredError,
)
from shared.bookings.model import errors as bookings
from shared.bookings.places.request import BookingRequest
from shared.config.settings import SettingsError
from shared.content.content import Content, ContentError
from shared.content.one_to_one import OneToOne
from shared.referrals import errors as referrals
from shared.referrals.intake.request import referral_model
from shared.tables.table import StorageError

type Errors = tuple[type[Exception], ...]

_ALWAYS: Errors = (MethodNotAllowedError, SettingsError, ContentError, Exception)
_BODY: Errors = (
    EmptyBodyError,
    MalformedBodyError,
    CrossSiteFormError,
    BodyTooLargeError,
    UnsupportedBodyError,
    FormError,
)
_BOOKING: Errors = (
    bookings.SessionUnknownError,
    bookings.SessionPastError,
    bookings.SessionFullError,
    bookings.TooManyUnprovenError,
    bookings.SessionClosedError,
    bookings.SessionSuspendedError,
    bookings.SessionUnavailableError,
    bookings.NotForOutsidersError,
    bookings.TooLateToCheckError,
    bookings.SubmissionReusedError,
    bookings.SubmissionCancelledError,
    bookings.BookingsBusyError,
    BookingsClosedError,
    StorageError,
)
_REFERRAL: Errors = (referrals.ReferralReusedError, referrals.ReferralsBusyError, OneToOneClosedError, StorageError)
_STATUS: Errors = (
    *(error for error in _BODY if error is not EmptyBodyError),  # an empty body is answered like an empty reference
    referrals.ReferralUnknownError,
    referrals.TooManyGuessesError,
    referrals.ReferralsBusyError,
    StorageError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method at one path. `answers` are the JSON bodies by status, errors not included.

    A `page` is answered in HTML unless JSON is preferred, and only in HTML if `answers` is empty. `has_location`: the
    first answer has a `Location`. `media_type`: that of an answer that is neither a page nor JSON.
    """

    method: str
    path: str
    summary: str
    answers: Mapping[int, type[BaseModel]] = field(default_factory=dict)
    body: type[BaseModel] | None = None
    errors: Errors = ()
    page: bool = True
    has_location: bool = False
    media_type: str = ""

    @property
    def can_raise(self) -> Errors:
        return (*self.errors, *_ALWAYS)


def operations(content: Content) -> tuple[Operation, ...]:
    """All operations, for what one content file offers and asks. What can be read can be asked for its head (HEAD)."""
    of_groups = _bookings() if content.has_groups else ()
    of_one_to_one = _one_to_one(content.one_to_one) if content.has_one_to_one else ()
    listed = (*of_groups, *of_one_to_one, *_about_the_service())
    return (*listed, *(replace(each, method="head", summary="Its head") for each in listed if each.method == "get"))


def _bookings() -> tuple[Operation, ...]:
    return (
        Operation(
            method="get",
            path="/sessions",
            summary="Upcoming group sessions",
            answers={200: answers.Sessions},
            errors=(BookingsClosedError, StorageError),
        ),
        Operation(
            method="get",
            path="/sessions.ics",
            summary="Upcoming group sessions as a calendar to subscribe to, under a neutral name",
            errors=(BookingsClosedError, StorageError),
            page=False,
            media_type="text/calendar",
        ),
        Operation(
            method="get",
            path="/bookings/new",
            summary="The form of a booking: its fields, the sessions to choose from, limits, and a form token",
            answers={200: answers.FormDescription},
            errors=(BookingsClosedError, StorageError),
        ),
        Operation(
            method="post",
            path="/bookings",
            summary="Books a place in one session, or joins its waiting list: several sessions are several requests, "
            "which may have one `submission_id`, answered for each session. Whoever has no work address has to answer "
            "`works_here` (`works_for_trust` is accepted too). The same `submission_id` is one booking, however often "
            "it is sent; once that is cancelled, another one books again",
            answers={201: answers.Booked},
            body=BookingRequest,
            errors=_BODY + _BOOKING,
            has_location=True,
        ),
        Operation(
            method="get",
            path="/bookings/booked/{token}",
            summary="What became of a booking, by the address in `Location`, for 15 minutes",
            answers={200: answers.BookingOutcome},
            errors=(PageNotFoundError, BookingOutcomeExpiredError, bookings.SessionUnknownError, StorageError),
        ),
    )


def _one_to_one(form: OneToOne) -> tuple[Operation, ...]:
    return (
        Operation(
            method="get",
            path="/one-to-one",
            summary="The page on which a referral begins; in JSON its fields, choices and limits, and a form token",
            answers={200: answers.FormDescription},
            errors=(OneToOneClosedError, OneToOneNotReadyError, StorageError),
        ),
        Operation(
            method="post",
            path="/one-to-one",
            summary="Takes a whole referral, sealed before it is stored. The same `submission_id` is one referral. "
            "One without a `form_token` that is 3 seconds old is taken too, and gives way where many come at once",
            answers={201: answers.ReferralTaken},
            body=referral_model(form),
            errors=_BODY + _REFERRAL,
            has_location=True,
        ),
        Operation(
            method="get",
            path="/one-to-one/sent/{token}",
            summary="A referral's reference and the day to ask after, by the address in `Location`, for 15 minutes",
            answers={200: answers.ReferralOutcome},
            errors=(PageNotFoundError, ReferralOutcomeExpiredError, StorageError),
        ),
        Operation(method="get", path="/one-to-one/status", summary="The page that asks for a reference"),
        Operation(
            method="post",
            path="/one-to-one/status",
            summary="How far a referral has come. The reference is posted, because addresses are logged",
            answers={200: answers.ReferralStatus},
            body=answers.StatusRequest,
            errors=_STATUS,
        ),
    )


def _about_the_service() -> tuple[Operation, ...]:
    return (
        Operation(
            method="get",
            path="/health",
            summary="Whether the service can do its work",
            answers={200: answers.Healthy, 503: answers.Unhealthy},
            page=False,
        ),
        Operation(method="get", path="/openapi.json", summary="This document", page=False),
    )
