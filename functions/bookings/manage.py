"""Self-service routes of one booking, for the holder of its link: a GET shows a page, only a POST changes anything.

Email clients open links before people do, as often as they like.
"""

from collections.abc import Callable, Mapping

# The worker only understands `typing.List` in the annotation of an output of many messages.
from typing import List  # noqa: UP035  # see above

import azure.functions as func

from functions.bookings.booking_view import BookingView, address
from functions.bookings.session_view import SessionView
from functions.forms.body import read_form_value
from functions.forms.validation import FieldError, FormError
from functions.problems.error_table import problem_of
from functions.queues import BOOKINGS_STORAGE, EMAILS, mail_message
from functions.web.error_handling import handle_errors
from functions.web.links import token_of
from functions.web.render import render
from functions.web.responses import form_page, page, respond, see_other
from shared.bookings.model.attendee import AttendeeState
from shared.bookings.model.errors import (
    BookingError,
    MoveUnderWayError,
    SessionUnavailableError,
    SessionUnknownError,
    SubmissionReusedError,
    TooLateToCheckError,
)
from shared.bookings.self_service.service import ActionResult
from shared.bootstrap import Services, services

bp = func.Blueprint()

_CHOOSE = FieldError("session_id", "Select a session")
_YES_OR_NO = FieldError("reminders", "Select yes or no")

_MOVE_REFUSALS = (
    SessionUnknownError,
    SessionUnavailableError,
    SubmissionReusedError,
    TooLateToCheckError,
    MoveUnderWayError,
)

# The message, and the test that it still holds: the address with it may be opened again at any time.
_NEWS: Mapping[str, tuple[str, Callable[[BookingView], bool]]] = {
    "cancelled": ("Your booking is cancelled", lambda view: view.state == AttendeeState.CANCELLED),
    "already-cancelled": ("Your booking was already cancelled", lambda view: view.state == AttendeeState.CANCELLED),
    "proved": ("The email address is confirmed", lambda view: view.is_live and not view.prove_until),
    "already-proved": ("The email address was already confirmed", lambda view: view.is_live and not view.prove_until),
    "saved": ("Your details are saved", lambda view: view.is_live),
    "already-saved": ("Your details were already saved", lambda view: view.is_live),
    "moved": ("You have moved to this session", lambda view: view.is_live),
    "already-moved": ("You had already moved to this session", lambda view: view.is_live),
    "reminders-on": ("You will get reminders", lambda view: view.is_live and view.reminders),
    "already-reminders-on": ("You were already getting reminders", lambda view: view.is_live and view.reminders),
    "reminders-off": ("You will not get any more reminders", lambda view: view.is_live and not view.reminders),
    "already-reminders-off": ("Reminders were already stopped", lambda view: view.is_live and not view.reminders),
}


@bp.route(route="manage/{token}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def manage_booking(req: func.HttpRequest) -> func.HttpResponse:
    built = services()
    view = _view(built, token_of(req))
    words, holds = _NEWS.get(req.params.get("done", ""), ("", lambda _: False))
    facts = {"booking": view, "asks_adjustments": built.bookings.adjustments_are_read}
    return page(render("manage/booking.html", built.content, **facts, news=words if holds(view) else ""))


@bp.route(route="manage/{token}/prove", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@bp.queue_output(arg_name="nudge", queue_name=EMAILS, connection=BOOKINGS_STORAGE)
@handle_errors
def prove_address(req: func.HttpRequest, nudge: func.Out[List[str]]) -> func.HttpResponse:  # noqa: UP006  # see above
    built = services()
    done = built.bookings.self_service.prove(token_of(req), built.now())
    _queue_mails(nudge, done)
    return _back(token_of(req), "proved", done)


@bp.route(route="manage/{token}/cancel", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def cancel_form(req: func.HttpRequest) -> func.HttpResponse:
    built = services()
    view = _view(built, token_of(req))
    if not view.can_change:
        return see_other(view.address)  # that page says why
    return page(render("manage/cancel.html", built.content, booking=view))


@bp.route(route="manage/{token}/cancel", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@bp.queue_output(arg_name="nudge", queue_name=EMAILS, connection=BOOKINGS_STORAGE)
@handle_errors
def cancel_booking(req: func.HttpRequest, nudge: func.Out[List[str]]) -> func.HttpResponse:  # noqa: UP006  # see above
    built = services()
    done = built.bookings.self_service.cancel(token_of(req), built.now())
    _queue_mails(nudge, done)
    return _back(token_of(req), "cancelled", done)


@bp.route(route="manage/{token}/move", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def move_form(req: func.HttpRequest) -> func.HttpResponse:
    built = services()
    view = _view(built, token_of(req))
    if not view.can_change:
        return see_other(view.address)
    return page(_move_page(built, token_of(req), view))


@bp.route(route="manage/{token}/move", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@bp.queue_output(arg_name="nudge", queue_name=EMAILS, connection=BOOKINGS_STORAGE)
@handle_errors
def move_booking(req: func.HttpRequest, nudge: func.Out[List[str]]) -> func.HttpResponse:  # noqa: UP006  # see above
    built, token = services(), token_of(req)
    session_id = read_form_value(req, "session_id")
    if not session_id:
        return form_page(_move_page(built, token, _view(built, token), _CHOOSE), status=422)
    try:
        done = built.bookings.self_service.move(token, session_id, built.now())
    except _MOVE_REFUSALS as error:
        return _not_moved(built, token, error)
    _queue_mails(nudge, done)
    return _back(done.moved_to or token, "moved", done)


@bp.route(route="manage/{token}/reminders", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def set_reminders(req: func.HttpRequest) -> func.HttpResponse:
    built = services()
    answer = read_form_value(req, "reminders")
    if answer not in {"yes", "no"}:
        raise FormError((_YES_OR_NO,), {})
    done = built.bookings.self_service.set_reminders(token_of(req), on=answer == "yes", now=built.now())
    return _back(token_of(req), "reminders-on" if answer == "yes" else "reminders-off", done)


@bp.route(route="calendar/{token}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def calendar(req: func.HttpRequest) -> func.HttpResponse:
    built = services()
    file = built.bookings.self_service.calendar(token_of(req), built.now())
    return respond(file, "text/calendar", headers={"Content-Disposition": 'attachment; filename="session.ics"'})


def _view(built: Services, token: str) -> BookingView:
    now = built.now()
    return BookingView.of(token, built.bookings.self_service.find(token, now), built.content, now)


def _move_page(built: Services, token: str, view: BookingView, *errors: FieldError) -> str:
    bookable_sessions = built.bookings.self_service.choices(token, built.now())
    choices = [SessionView.of(each.session, built.content, each.places_left) for each in bookable_sessions]
    return render("manage/move.html", built.content, booking=view, sessions=choices, errors=errors)


def _not_moved(built: Services, token: str, error: BookingError) -> func.HttpResponse:
    found = problem_of(error)
    facts = {"booking": _view(built, token), "problem": found}
    return form_page(render("manage/not-moved.html", built.content, **facts), status=found.status)


def _queue_mails(nudge: func.Out[List[str]], done: ActionResult) -> None:  # noqa: UP006  # see above
    if done.mails:
        nudge.set([mail_message(mail) for mail in done.mails])


def _back(token: str, what: str, done: ActionResult) -> func.HttpResponse:
    return see_other(f"{address(token)}?done={'already-' if done.already else ''}{what}")
