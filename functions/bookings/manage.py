"""Self-service routes of one booking, for the holder of its link: a GET shows a page, only a POST changes anything.

Email clients open links before people do, as often as they like.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

# The worker only understands `typing.List` in the annotation of an output of many messages.
from typing import List  # noqa: UP035  # see above

import azure.functions as func

from functions.bookings.acts import Act
from functions.bookings.booking_view import BookingView, address
from functions.bookings.session_view import SessionView
from functions.forms.request_values import query
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
from shared.wording.sentences import sentence

bp = func.Blueprint()

_CANCEL, _MOVE, _PROVE, _REMINDERS = "cancel", "move", "prove", "reminders"

_CHOOSE = FieldError("session_id", sentence("messages.booking.session"))
_YES_OR_NO = FieldError("reminders", sentence("messages.yes-or-no"))

_MOVE_REFUSALS = (
    SessionUnknownError,
    SessionUnavailableError,
    SubmissionReusedError,
    TooLateToCheckError,
    MoveUnderWayError,
)

# The message, and the test that it still holds: the address with it may be opened again at any time.
_NEWS: Mapping[str, tuple[str, Callable[[BookingView], bool]]] = {
    "cancelled": (sentence("news.cancelled"), lambda view: view.state == AttendeeState.CANCELLED),
    "already-cancelled": (sentence("news.already-cancelled"), lambda view: view.state == AttendeeState.CANCELLED),
    "proved": (sentence("news.proved"), lambda view: view.is_live and not view.prove_until),
    "already-proved": (sentence("news.already-proved"), lambda view: view.is_live and not view.prove_until),
    "saved": (sentence("news.saved"), lambda view: view.is_live),
    "already-saved": (sentence("news.already-saved"), lambda view: view.is_live),
    "moved": (sentence("news.moved"), lambda view: view.is_live),
    "already-moved": (sentence("news.already-moved"), lambda view: view.is_live),
    "reminders-on": (sentence("news.reminders-on"), lambda view: view.is_live and view.reminders),
    "already-reminders-on": (sentence("news.already-reminders-on"), lambda view: view.is_live and view.reminders),
    "reminders-off": (sentence("news.reminders-off"), lambda view: view.is_live and not view.reminders),
    "already-reminders-off": (sentence("news.already-reminders-off"), lambda view: view.is_live and not view.reminders),
}


@bp.route(route="manage/{token}", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def manage_booking(req: func.HttpRequest) -> func.HttpResponse:
    return page(_booking_page(Act.of(_REMINDERS, req, services())))


@bp.route(route="manage/{token}/prove", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@bp.queue_output(arg_name="nudge", queue_name=EMAILS, connection=BOOKINGS_STORAGE)
@handle_errors
def prove_address(req: func.HttpRequest, nudge: func.Out[List[str]]) -> func.HttpResponse:  # noqa: UP006  # see above
    built = services()
    act = Act.of(_PROVE, req, built)
    if not act.is_meant:
        return act.again(_booking_page)
    done = built.bookings.self_service.prove(act.link, built.now())
    _queue_mails(nudge, done)
    return _back(act.link, "proved", done)


@bp.route(route="manage/{token}/cancel", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def cancel_form(req: func.HttpRequest) -> func.HttpResponse:
    act = Act.of(_CANCEL, req, services())
    if not act.view.can_change:
        return see_other(act.view.address)  # that page says why
    return page(_cancel_page(act))


@bp.route(route="manage/{token}/cancel", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@bp.queue_output(arg_name="nudge", queue_name=EMAILS, connection=BOOKINGS_STORAGE)
@handle_errors
def cancel_booking(req: func.HttpRequest, nudge: func.Out[List[str]]) -> func.HttpResponse:  # noqa: UP006  # see above
    built = services()
    act = Act.of(_CANCEL, req, built)
    if not act.is_meant:
        return act.again(_cancel_page)
    done = built.bookings.self_service.cancel(act.link, built.now())
    _queue_mails(nudge, done)
    return _back(act.link, "cancelled", done)


@bp.route(route="manage/{token}/move", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def move_form(req: func.HttpRequest) -> func.HttpResponse:
    act = Act.of(_MOVE, req, services())
    if not act.view.can_change:
        return see_other(act.view.address)
    return page(_move_page(act))


@bp.route(route="manage/{token}/move", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@bp.queue_output(arg_name="nudge", queue_name=EMAILS, connection=BOOKINGS_STORAGE)
@handle_errors
def move_booking(req: func.HttpRequest, nudge: func.Out[List[str]]) -> func.HttpResponse:  # noqa: UP006  # see above
    built = services()
    act = Act.of(_MOVE, req, built)
    session_id = act.sent.text("session_id")
    if not session_id:
        return act.again(_move_page, _CHOOSE)
    if not act.is_meant:
        return act.again(_move_page)
    try:
        done = built.bookings.self_service.move(act.link, session_id, built.now())
    except _MOVE_REFUSALS as error:
        return _not_moved(built, act.link, error)
    _queue_mails(nudge, done)
    return _back(done.moved_to or act.link, "moved", done)


@bp.route(route="manage/{token}/reminders", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def set_reminders(req: func.HttpRequest) -> func.HttpResponse:
    built = services()
    act = Act.of(_REMINDERS, req, built)
    if not act.is_meant:
        return act.again(_booking_page)
    answer = act.sent.text("reminders")
    if answer not in {"yes", "no"}:
        raise FormError((_YES_OR_NO,), {})
    done = built.bookings.self_service.set_reminders(act.link, on=answer == "yes", now=built.now())
    return _back(act.link, "reminders-on" if answer == "yes" else "reminders-off", done)


@bp.route(route="calendar/{token}", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def calendar(req: func.HttpRequest) -> func.HttpResponse:
    built = services()
    file = built.bookings.self_service.calendar(token_of(req), built.now())
    return respond(file, "text/calendar", headers={"Content-Disposition": 'attachment; filename="session.ics"'})


def _booking_page(act: Act, *errors: FieldError) -> str:
    """The page of a booking, with the form for its reminders."""
    words, holds = _NEWS.get(query(act.req, "done"), ("", lambda _: False))
    facts = {"booking": act.view, "asks_adjustments": act.built.bookings.adjustments_are_read}
    facts |= {
        "news": words if holds(act.view) and not errors else "",
        "reminders_token": replace(act, name=_REMINDERS).form_token,
    }
    facts |= {"prove_token": replace(act, name=_PROVE).form_token}
    return render("manage/booking.html", act.content, **facts, errors=errors)


def _cancel_page(act: Act, *errors: FieldError) -> str:
    return render("manage/cancel.html", act.content, booking=act.view, form_token=act.form_token, errors=errors)


def _move_page(act: Act, *errors: FieldError) -> str:
    built = act.built
    bookable_sessions = built.bookings.self_service.choices(act.link, built.now())
    choices = [SessionView.of(each.session, built.content, each.places_left) for each in bookable_sessions]
    facts = {"booking": act.view, "sessions": choices, "chosen": act.sent.text("session_id")}
    facts |= {"marks_attendance": built.bookings.marks_attendance}
    return render("manage/move.html", act.content, **facts, form_token=act.form_token, errors=errors)


def _not_moved(built: Services, token: str, error: BookingError) -> func.HttpResponse:
    found, now = problem_of(error), built.now()
    booking = BookingView.of(token, built.bookings.self_service.find(token, now), built.content, now)
    facts = {"booking": booking, "problem": found}
    return form_page(render("manage/not-moved.html", built.content, **facts), status=found.status)


def _queue_mails(nudge: func.Out[List[str]], done: ActionResult) -> None:  # noqa: UP006  # see above
    if done.mails:
        nudge.set([mail_message(mail) for mail in done.mails])


def _back(token: str, what: str, done: ActionResult) -> func.HttpResponse:
    return see_other(f"{address(token)}?done={'already-' if done.already else ''}{what}")
