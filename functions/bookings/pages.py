"""Renders the pages of a booking: session, details, where someone works, check your answers, and the refusal page."""

import logging
from collections.abc import Sequence
from functools import partial

import azure.functions as func

from functions.bookings.draft import Draft
from functions.bookings.session_view import SessionView
from functions.forms.validation import FieldError, FormError
from functions.problems.error_table import problem_of
from functions.web import error_log
from functions.web.render import render
from functions.web.responses import form_page
from shared.bookings.model.attendee import Reason
from shared.bookings.model.errors import (
    BookingsBusyError,
    NotForOutsidersError,
    SessionFullError,
    SessionUnavailableError,
    SessionUnknownError,
    SubmissionCancelledError,
    TooLateToCheckError,
    TooManyUnprovenError,
)
from shared.bookings.places.bookable_session import BookableSession
from shared.bookings.places.request import BookingRequest
from shared.bootstrap import Services
from shared.failure_isolation import run_isolated
from shared.tables.table import StorageError
from shared.wording.sentences import sentence

logger = logging.getLogger(__name__)

# Errors that another session, other answers or another attempt can solve.
REFUSALS = (
    SubmissionCancelledError,
    SessionUnknownError,
    SessionUnavailableError,
    NotForOutsidersError,
    TooLateToCheckError,
    BookingsBusyError,
    StorageError,
)


def sessions(built: Services) -> list[SessionView]:
    """Every session that can be booked, with the places counted a moment ago; one that cannot be shown is left out."""
    bookable_sessions = built.bookings.places.bookable_sessions(built.now())
    views = [
        run_isolated(logger, f"view of session {each.session.id}", partial(_view, built, each))
        for each in bookable_sessions
    ]
    return [view.value for view in views if view.value is not None]


def choosable(built: Services, session_id: str) -> SessionView | None:
    """The session with that id as it is now, if it has a place or a waiting list; else None."""
    found = built.bookings.places.bookable_session(session_id, built.now()) if session_id else None
    view = None if found is None else _view(built, found)
    return view if view is not None and view.can_be_chosen else None


def _view(built: Services, bookable: BookableSession) -> SessionView:
    return SessionView.of(bookable.session, built.content, bookable.places_left, waiting_list=bookable.waiting_list)


def choose(
    built: Services, draft: Draft, views: Sequence[SessionView], *errors: FieldError, gone: bool = False
) -> func.HttpResponse:
    """The page to choose a session. `gone`: the chosen session can no longer be booked."""
    facts = {"draft": draft, "sessions": [view for view in views if view.can_be_chosen], "gone": gone}
    html = render("bookings/session.html", built.content, **facts, errors=errors)
    return form_page(html, status=422 if errors else 409 if gone else 200)


def details(
    built: Services, draft: Draft, chosen: SessionView, errors: Sequence[FieldError] = (), *, opened: bool = False
) -> func.HttpResponse:
    """The page for contact details and adjustments. `opened`: reached by a link, so the way back is a link as well."""
    facts = {"chosen": chosen, "opened": opened} | details_facts(built, draft)
    html = render("bookings/details.html", built.content.of_programme(chosen.programme), **facts, errors=errors)
    return form_page(html, status=422 if errors else 200)


def details_facts(built: Services, draft: Draft) -> dict[str, object]:
    """The variables of that page that have nothing to do with the session."""
    return {
        "draft": draft,
        "values": draft.values,
        "asks_adjustments": built.bookings.adjustments_are_read,
        "shares_names": built.bookings.names_go_to_facilitators,
        "marks_attendance": built.bookings.marks_attendance,
    }


def work(
    built: Services, draft: Draft, errors: Sequence[FieldError] = (), *, opened: bool = False
) -> func.HttpResponse:
    """The page that asks whether someone works here. `opened`: nobody has answered it yet, so that nothing is wrong."""
    wrong = () if opened else errors
    html = render("bookings/work.html", built.content, draft=draft, errors=wrong)
    return form_page(html, status=422 if wrong else 200)


def mistakes(
    built: Services, draft: Draft, chosen: SessionView, found: FormError, *, work_opened: bool = False
) -> func.HttpResponse:
    """The page on which answers can be put right: where someone works has a page of its own, after all others."""
    if is_only_about_work(found):
        return work(built, draft, found.errors, opened=work_opened)
    return details(built, draft, chosen, found.errors)


def is_only_about_work(found: FormError) -> bool:
    """True if where someone works is all that is wrong or missing."""
    return {each.field for each in found.errors} == {"works_here"}


def check(
    built: Services, draft: Draft, request: BookingRequest, chosen: SessionView, errors: Sequence[FieldError] = ()
) -> func.HttpResponse:
    """The page to check all answers, then send or change them."""
    facts = {
        "draft": draft.with_waiting_list(joins=chosen.joins_waiting_list),
        "answers": request,
        "chosen": chosen,
        "asks_adjustments": built.bookings.adjustments_are_read,
    }
    html = render("bookings/check.html", built.content.of_programme(chosen.programme), **facts, errors=errors)
    return form_page(html, status=422 if errors else 200)


_HEADINGS = {
    Reason.LEFT: sentence("news.you-cancelled"),
    Reason.MOVED: sentence("news.you-moved"),
}
_CANCELLED = sentence("problems.bookings.booking-cancelled.title")


def cancelled(built: Services, draft: Draft, error: SubmissionCancelledError) -> func.HttpResponse:
    """The page for a form that is sent again after its booking was cancelled: `draft` would be another booking."""
    found = problem_of(error)
    error_log.log(error, found)
    heading = next((words for reason, words in _HEADINGS.items() if reason == error.reason), _CANCELLED)
    html = render("bookings/cancelled.html", built.content, draft=draft, heading=heading)
    return form_page(html, found.status)


def refused(built: Services, draft: Draft, error: Exception) -> func.HttpResponse:
    """The page that gives the reason for a refusal and the options left, with the answers kept."""
    found = problem_of(error)
    facts = {
        "draft": draft,
        "problem": found,
        "may_wait": isinstance(error, SessionFullError) and error.waiting_list,
        "may_repeat": found.retry_after is not None,
        "may_change": isinstance(error, (NotForOutsidersError, TooLateToCheckError, TooManyUnprovenError)),
        "correlation": error_log.log(error, found),
    }
    headers = {} if found.retry_after is None else {"Retry-After": str(found.retry_after)}
    return form_page(render("bookings/not-booked.html", built.content, **facts), found.status, headers)
