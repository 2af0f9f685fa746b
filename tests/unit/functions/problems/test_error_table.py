"""The table of problems: every error has one, and each tells a person what to do next."""

import pytest

from functions.forms.availability import ClosedError
from functions.forms.body import BodyError
from functions.forms.validation import FormError
from functions.problems.error_table import PROBLEMS, problem_of
from functions.problems.problem_details import UNEXPECTED, Problem
from shared.bookings.model.errors import (
    BookingError,
    BookingsBusyError,
    LinkUnknownError,
    MoveUnderWayError,
    NotForOutsidersError,
    SessionClosedError,
    SessionFullError,
    SessionPastError,
    SessionUnknownError,
    SubmissionCancelledError,
    SubmissionReusedError,
    TooLateError,
    TooLateToCheckError,
)
from shared.config.settings import SettingsError
from shared.content.content import ContentError
from shared.referrals.errors import ReferralError, ReferralReusedError, ReferralsBusyError
from shared.tables.table import RowConflictError, StorageError, StorageUnavailableError
from shared.wording.sentences import table
from tests.every_row import every_row

BASE_CLASSES: list[type[Exception]] = [BookingError, ReferralError, ClosedError]
"""Never raised themselves: each of their subclasses is."""
FAMILIES = [*BASE_CLASSES, BodyError, FormError, SettingsError, ContentError]


def family(kind: type[Exception]) -> list[type[Exception]]:
    return [kind, *(each for child in kind.__subclasses__() for each in family(child))]


@every_row("kind", [each for head in FAMILIES for each in family(head)])
def test_every_error_of_the_service_has_a_row_of_its_own(kind: type[Exception]) -> None:
    assert (kind in PROBLEMS) is (kind not in BASE_CLASSES)


@pytest.mark.parametrize("kind", BASE_CLASSES)
def test_a_new_error_without_a_row_is_unexpected(kind: type[Exception]) -> None:
    assert problem_of(kind()) is UNEXPECTED


@every_row(
    "error, status, title",
    [
        (SessionUnknownError("s1"), 404, "This session is not available"),
        (SessionPastError("s1"), 409, "This session has already taken place"),
        (SessionFullError("s1"), 409, "This session is full"),
        (SessionClosedError("s1"), 409, "This session is not open for booking"),
        (NotForOutsidersError(), 409, "These sessions are for staff"),
        (TooLateToCheckError(), 409, "It is too late to book this session with this email address"),
        (LinkUnknownError(), 404, "This link is not valid or has been used"),
        (MoveUnderWayError(), 409, "Your other booking is being moved"),
        (TooLateError(), 409, "It is too late to change this booking"),
        (SubmissionReusedError(), 409, "You have already sent this form"),
        (SubmissionCancelledError(), 409, "This booking was cancelled"),
        (ReferralReusedError("ABC"), 409, "You have already sent this form"),
        (BookingsBusyError(), 503, "Sorry, please try again"),
        (ReferralsBusyError(), 503, "Sorry, please try again"),
        (StorageUnavailableError(), 503, "Sorry, please try again"),
        (RowConflictError(), 503, "Sorry, please try again"),
        (SettingsError({}), 503, "The service is not ready"),
        (ContentError(), 503, "The service is not ready"),
        (ValueError("anything"), 500, "Sorry, there is a problem with the service"),
    ],
)
def test_a_person_is_told_plainly_what_happened(error: Exception, status: int, title: str) -> None:
    assert (problem_of(error).status, problem_of(error).title) == (status, title)


@pytest.mark.parametrize("kind", family(StorageError))
def test_whatever_storage_answers_may_be_tried_again(kind: type[Exception]) -> None:
    assert problem_of(kind()).retry_after


@every_row("problem", [*PROBLEMS.values(), UNEXPECTED])
def test_every_problem_says_what_to_do_next_and_offers_a_way_out(problem: Problem) -> None:
    assert problem.title
    assert problem.detail.endswith(".")
    assert problem.next_link.startswith("/")
    assert problem.next_link_text
    assert problem.type.startswith("/problems/")


@every_row("problem", [*PROBLEMS.values(), UNEXPECTED])
def test_retry_after_comes_with_every_503_and_429_and_nothing_else(problem: Problem) -> None:
    assert (problem.retry_after is not None) == (problem.status in {429, 503})


def test_every_wording_is_that_of_a_problem() -> None:
    known = {(words.title, words.detail) for words in (each.words for each in (*PROBLEMS.values(), UNEXPECTED))}
    listed = {(each["title"], each["detail"]) for part in table("problems").values() for each in part.values()}

    assert listed == known


@pytest.mark.parametrize("problem", [*PROBLEMS.values(), UNEXPECTED], ids=lambda problem: problem.name)
def test_the_organisations_name_stands_where_it_belongs(problem: Problem) -> None:
    shown = problem.for_organisation("Northmoor Vale")

    assert "{" not in problem.title  # it shows on shared screens
    assert "{" not in shown.title + shown.detail + shown.next_link_text
    assert problem.name not in {"not-for-outsiders", "too-late-to-check"} or "Northmoor Vale" in shown.detail
