"""Group sessions: the list, the form, a booking, and the page that says what became of it."""

from dataclasses import asdict, dataclass
from typing import Self
from urllib.parse import quote
from uuid import uuid4

import azure.functions as func

from functions.forms import FormError, Submission, read_body, validate, wants_json
from functions.pages import render
from functions.problems import PageUnknownError
from functions.queues import BOOKINGS_STORAGE, EMAILS, mail_message
from functions.responses import answering, json_body, page, see_other
from shared.bookings.model import Booked, BookingRequest, Session
from shared.bookings.schedule import DueMail
from shared.bookings.service import Opening
from shared.bootstrap import Services, services
from shared.wallclock import iso, span_in_words

bp = func.Blueprint()

_MISSING = {
    "session_id": "Select a session",
    "full_name": "Enter your name",
    "email": "Enter your email address",
    "group_agreement": "Select to confirm you agree",
    "adjustments": "Enter adjustments as text",
    "share_adjustments": "Select yes if the facilitators may see what you need",
    "reminders": "Select yes if you want reminders",
    "submission_id": "Reload the form and send it again",
}


@dataclass(frozen=True, slots=True)
class SessionView:
    """One session as pages and JSON show it: never with its joining link."""

    id: str
    title: str
    theme: str
    starts: str
    ends: str
    when: str
    places_left: int | None

    @classmethod
    def of(cls, session: Session, built: Services, places_left: int | None = None) -> Self:
        return cls(
            id=session.id,
            title=session.title or built.content.groups.session_title,
            theme=session.theme or built.content.groups.open_theme,
            starts=iso(session.starts),
            ends=iso(session.ends),
            when=span_in_words(session.starts, session.ends),
            places_left=places_left,
        )


@bp.route(route="sessions", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@answering
def list_sessions(req: func.HttpRequest) -> func.HttpResponse:
    built = services()
    views = _views(built, built.bookings.openings(built.now()))
    if wants_json(req):
        return json_body({"sessions": [asdict(view) for view in views]})
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
def book(req: func.HttpRequest, nudge: func.Out[str]) -> func.HttpResponse:
    submission = read_body(req)
    built = services()
    try:
        request = validate(BookingRequest, submission, _MISSING)
    except FormError as error:
        if not submission.is_form:
            raise
        views = _views(built, built.bookings.openings(built.now()))
        return page(_form(built, views, _text(submission, "session_id"), error), status=422)
    booked = built.bookings.book(request, built.now())
    if booked.mail_id is not None:
        nudge.set(mail_message(DueMail(booked.session.id, booked.mail_id)))
    return _answer(booked, submission, built)


@bp.route(route="bookings/{reference}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
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
    view = SessionView.of(built.bookings.session(session_id), built)
    return page(render("bookings/confirmed.html", built.content, reference=reference, session=view))


def _answer(booked: Booked, submission: Submission, built: Services) -> func.HttpResponse:
    location = _location(booked, built)
    if submission.is_form:
        return see_other(location)
    answer = {"reference": booked.reference, "state": str(booked.state)}
    return json_body(answer, status=201, headers={"Location": location})


def _location(booked: Booked, built: Services) -> str:
    session_id, reference, state = booked.session.id, booked.reference, str(booked.state)
    signature = built.proof("booked", session_id, reference, state)
    return f"/bookings/{reference}?session={quote(session_id, safe='')}&state={state}&proof={signature}"


def _form(built: Services, views: list[SessionView], session_id: str, found: FormError) -> str:
    return render(
        "bookings/details.html",
        built.content,
        sessions=views,
        chosen=next((view for view in views if view.id == session_id), None),
        values=found.values,
        errors=found.errors,
        submission_id=found.submission_id or uuid4().hex,
        asks_adjustments=True,
    )


def _views(built: Services, openings: list[Opening]) -> list[SessionView]:
    return [SessionView.of(opening.session, built, opening.places_left) for opening in openings]


def _text(submission: Submission, name: str) -> str:
    value = submission.values.get(name)
    return value if isinstance(value, str) else ""
