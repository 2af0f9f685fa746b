"""The pages of a booking: which session, your details, check your answers, and why there is no place."""

from collections.abc import Sequence

import azure.functions as func

from functions.bookings.draft import Draft
from functions.bookings.session_view import SessionView
from functions.forms.validation import FieldError
from functions.problems.error_table import problem_of
from functions.web import error_log
from functions.web.render import render
from functions.web.responses import page
from shared.bookings.model.errors import (
    BookingsBusyError,
    NotForOutsidersError,
    SessionFullError,
    SessionUnavailableError,
    SessionUnknownError,
    TooLateToCheckError,
)
from shared.bookings.places.request import BookingRequest
from shared.bootstrap import Services
from shared.tables.table import StorageError

# What somebody can answer to with another session, with other answers, or by sending the same again.
REFUSALS = (
    SessionUnknownError,
    SessionUnavailableError,
    NotForOutsidersError,
    TooLateToCheckError,
    BookingsBusyError,
    StorageError,
)


def sessions(built: Services) -> list[SessionView]:
    """Every session that takes bookings, with the places left in each."""
    bookable_sessions = built.bookings.places.bookable_sessions(built.now())
    return [
        SessionView.of(each.session, built.content, each.places_left, waiting_list=each.waiting_list)
        for each in bookable_sessions
    ]


def choosable(views: Sequence[SessionView], session_id: str) -> SessionView | None:
    """The session of that id, if it has a place or a waiting list."""
    return next((view for view in views if view.id == session_id and view.can_be_chosen), None)


def choose(
    built: Services, draft: Draft, views: Sequence[SessionView], *errors: FieldError, gone: bool = False
) -> func.HttpResponse:
    """Which session? `gone`: the one that was chosen cannot be booked any more."""
    facts = {"draft": draft, "sessions": [view for view in views if view.can_be_chosen], "gone": gone}
    html = render("bookings/session.html", built.content, **facts, errors=errors)
    return page(html, status=422 if errors else 409 if gone else 200)


def details(
    built: Services, draft: Draft, chosen: SessionView, errors: Sequence[FieldError] = (), *, opened: bool = False
) -> func.HttpResponse:
    """Who, and what they need. `opened`: by a link, so that the way back is one as well."""
    facts = {
        "draft": draft,
        "values": draft.values,
        "chosen": chosen,
        "opened": opened,
        "asks_adjustments": built.bookings.adjustments_are_read,
        "shares_names": built.bookings.names_go_to_facilitators,
    }
    html = render("bookings/details.html", built.content, **facts, errors=errors)
    return page(html, status=422 if errors else 200)


def check(
    built: Services, draft: Draft, request: BookingRequest, chosen: SessionView, errors: Sequence[FieldError] = ()
) -> func.HttpResponse:
    """Everything that was answered, to be sent or changed."""
    facts = {
        "draft": draft.with_waiting_list(joins=chosen.joins_waiting_list),
        "answers": request,
        "chosen": chosen,
        "asks_adjustments": built.bookings.adjustments_are_read,
    }
    html = render("bookings/check.html", built.content, **facts, errors=errors)
    return page(html, status=422 if errors else 200)


def refused(built: Services, draft: Draft, error: Exception) -> func.HttpResponse:
    """Why there is no place, and every way on that is left, with the answers kept."""
    found = problem_of(error)
    facts = {
        "draft": draft,
        "problem": found,
        "may_wait": isinstance(error, SessionFullError) and error.waiting_list,
        "may_repeat": found.retry_after is not None,
        "may_change": isinstance(error, (NotForOutsidersError, TooLateToCheckError)),
        "correlation": error_log.log(error, found),
    }
    headers = {} if found.retry_after is None else {"Retry-After": str(found.retry_after)}
    return page(render("bookings/not-booked.html", built.content, **facts), found.status, headers)
