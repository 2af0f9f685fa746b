"""Group sessions: the list, the form, a booking, and the page that says what became of it."""

# The worker only understands `typing.List` in the annotation of an output of many messages.
from typing import List  # noqa: UP035  # see above
from urllib.parse import quote
from uuid import uuid4

import azure.functions as func

from functions.form_tokens import check, decoy, is_bot, issue
from functions.forms import FieldError, FormError, Submission, as_typed, read_body, validate, wants_json
from functions.pages import render
from functions.problems import PageUnknownError
from functions.queues import BOOKINGS_STORAGE, EMAILS, mail_message
from functions.responses import answering, json_body, page, see_other
from functions.session_view import SessionView
from shared.bookings.errors import SessionFullError
from shared.bookings.mail_ids import DueMail
from shared.bookings.model import AttendeeState
from shared.bookings.request import Booked, BookingRequest
from shared.bookings.service import Opening
from shared.bootstrap import Services, services

bp = func.Blueprint()

_FORM = "booking"

_MISSING = {
    "session_id": "Select a session",
    "full_name": "Enter your name",
    "email": "Enter your email address",
    "group_agreement": "Select to confirm you agree",
    "works_for_trust": "Select yes if you work for the trust",
    "join_waiting_list": "Select yes if you want to wait for a place",
    "adjustments": "Enter adjustments as text",
    "share_adjustments": "Select yes if the facilitators may see what you need",
    "reminders": "Select yes if you want reminders",
    "submission_id": "Reload the form and send it again",
}


@bp.route(route="sessions", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@answering
def list_sessions(req: func.HttpRequest) -> func.HttpResponse:
    built = services()
    views = _views(built, built.bookings.openings(built.now()))
    if wants_json(req):
        return json_body({"sessions": [view.as_json() for view in views]})
    return page(render("bookings/sessions.html", built.content, sessions=views))


@bp.route(route="bookings/new", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@answering
def booking_form(req: func.HttpRequest) -> func.HttpResponse:
    built = services()
    views = _views(built, built.bookings.openings(built.now()))
    if not views:
        return see_other("/sessions")  # which says kindly that none are planned
    return page(_form(built, views, req.params.get("session", ""), FormError((), {})))


@bp.route(route="bookings", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@bp.queue_output(arg_name="nudge", queue_name=EMAILS, connection=BOOKINGS_STORAGE)
@answering
def book(req: func.HttpRequest, nudge: func.Out[List[str]]) -> func.HttpResponse:  # noqa: UP006  # see above
    submission = read_body(req)
    built = services()
    if is_bot(submission):
        return see_other(_location(built, _text(submission, "session_id"), decoy(_FORM), AttendeeState.CONFIRMED))
    try:
        request = validate(BookingRequest, submission, _MISSING)
        _check_says_where_they_work(request, submission, built)
        check(BookingRequest, submission, built.is_proof, _FORM, built.now())
        booked = built.bookings.book(request, built.now())
    except FormError as error:
        if not submission.is_form:
            raise
        return _form_again(built, submission, error, status=422)
    except SessionFullError as error:
        if not submission.is_form or not error.waiting_list:
            raise
        return _form_again(built, submission, FormError((), as_typed(BookingRequest, submission)), status=409)
    if booked.mail_ids:
        nudge.set([mail_message(DueMail(booked.session.id, mail_id)) for mail_id in booked.mail_ids])
    return _answer(booked, submission, built)


@bp.route(route="bookings/{reference:length(8)}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@answering
def booking_outcome(req: func.HttpRequest) -> func.HttpResponse:
    """What became of a booking, as signed when it was made: it reads no roster, so it tells nobody who is on one."""
    built = services()
    reference, session_id = req.route_params.get("reference", ""), req.params.get("session", "")
    state = req.params.get("state", "")
    if not built.is_proof(req.params.get("proof", ""), "booked", session_id, reference, state):
        raise PageUnknownError
    if wants_json(req):
        return json_body({"reference": reference, "state": state})
    view = SessionView.of(built.bookings.session(session_id), built.content)
    return page(render("bookings/confirmed.html", built.content, reference=reference, session=view, state=state))


def _check_says_where_they_work(request: BookingRequest, submission: Submission, built: Services) -> None:
    """Asks whoever has no address of the trust. Raises FormError."""
    if request.works_for_trust is None and not built.policy.is_listed(request.email):
        asked = FieldError("works_for_trust", _MISSING["works_for_trust"])
        raise FormError((asked,), as_typed(BookingRequest, submission))


def _form_again(built: Services, submission: Submission, found: FormError, status: int) -> func.HttpResponse:
    views = _views(built, built.bookings.openings(built.now()))
    return page(_form(built, views, _text(submission, "session_id"), found), status=status)


def _answer(booked: Booked, submission: Submission, built: Services) -> func.HttpResponse:
    location = _location(built, booked.session.id, booked.reference, booked.state)
    if submission.is_form:
        return see_other(location)
    answer = {"reference": booked.reference, "state": str(booked.state)}
    return json_body(answer, status=201, headers={"Location": location})


def _location(built: Services, session_id: str, reference: str, state: AttendeeState) -> str:
    signature = built.proof("booked", session_id, reference, str(state))
    return f"/bookings/{reference}?session={quote(session_id, safe='')}&state={state}&proof={signature}"


def _form(built: Services, views: list[SessionView], session_id: str, found: FormError) -> str:
    submission_id = found.submission_id or uuid4().hex
    return render(
        "bookings/details.html",
        built.content,
        sessions=views,
        chosen=next((view for view in views if view.id == session_id), None),
        values=found.values,
        errors=found.errors,
        submission_id=submission_id,
        form_token=issue(built.proof, _FORM, submission_id, built.now()),
        asks_adjustments=built.adjustments_are_read,
        tells_names=built.names_go_to_facilitators,
    )


def _views(built: Services, openings: list[Opening]) -> list[SessionView]:
    return [
        SessionView.of(each.session, built.content, each.places_left, waiting_list=each.waiting_list)
        for each in openings
    ]


def _text(submission: Submission, name: str) -> str:
    value = submission.values.get(name)
    return value if isinstance(value, str) else ""
