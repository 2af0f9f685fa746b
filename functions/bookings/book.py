"""Routes of group session bookings: the list of sessions, also as a calendar, booking a place, the outcome page."""

# The worker only understands `typing.List` in the annotation of an output of many messages.
from typing import List  # noqa: UP035  # see above

import azure.functions as func

from functions.bookings import pages
from functions.bookings.answers import read_answers
from functions.bookings.draft import FORM, Draft
from functions.bookings.list_page import ListPage
from functions.bookings.session_view import SessionView
from functions.forms.availability import check_open
from functions.forms.body import Submission, read_body
from functions.forms.negotiation import wants_json
from functions.forms.tokens import FormTokenError, check_form_token, check_honeypot
from functions.forms.validation import FormError
from functions.problems.http_errors import BookingOutcomeExpiredError
from functions.queues import BOOKINGS_STORAGE, EMAILS, mail_message
from functions.web.cors import preflight, readable_from
from functions.web.error_handling import handle_errors
from functions.web.links import token_of
from functions.web.outcome_address import OutcomeAddress
from functions.web.render import render
from functions.web.responses import json_body, page, respond, see_other
from shared.bookings.emails.web_calendars import web_calendar_links
from shared.bookings.model.attendee import AttendeeState
from shared.bookings.model.email_ids import DueMail
from shared.bookings.model.errors import SubmissionCancelledError
from shared.bookings.places.request import BookingRequest, BookingResult
from shared.bootstrap import Services, services
from shared.config.settings import Support
from shared.fields.email_address import masked_address

bp = func.Blueprint()
_list_page = ListPage()
_UNPROVEN = "unproven"
_OUTCOME = OutcomeAddress("/bookings/booked", BookingOutcomeExpiredError)


@bp.route(route="sessions", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def list_sessions(req: func.HttpRequest) -> func.HttpResponse:
    built = services()
    check_open(built.closed, Support.BOOKINGS)
    views = pages.sessions(built)
    if wants_json(req):
        answer = json_body({"sessions": [view.as_json() for view in views]})
    else:
        answer = page(_list_page.html(built.content, views))
    return readable_from(req, answer, built.booking_origins)


@bp.route(route="sessions", methods=["OPTIONS"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def sessions_preflight(req: func.HttpRequest) -> func.HttpResponse:
    return preflight(req, services().booking_origins)


@bp.route(route="sessions.ics", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def session_feed(req: func.HttpRequest) -> func.HttpResponse:
    del req
    built = services()
    check_open(built.closed, Support.BOOKINGS)
    return respond(built.bookings.feed.file(built.now()), "text/calendar")


@bp.route(route="bookings", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@bp.queue_output(arg_name="nudge", queue_name=EMAILS, connection=BOOKINGS_STORAGE)
@handle_errors
def book(req: func.HttpRequest, nudge: func.Out[List[str]]) -> func.HttpResponse:  # noqa: UP006  # see above
    submission = read_body(req)
    built = services()
    check_open(built.closed, Support.BOOKINGS)
    try:
        request = read_answers(submission, built.bookings.policy)
        check_form_token(BookingRequest, submission, built.signer, FORM, built.now())
        check_honeypot(BookingRequest, submission)
        booked = built.bookings.places.book(request, built.now())
    except (FormError, *pages.REFUSALS) as error:
        if not submission.is_form:
            raise
        return _form_with_errors(built, submission, error)
    if booked.mail_ids:
        nudge.set([mail_message(DueMail(booked.session.id, mail_id)) for mail_id in booked.mail_ids])
    return _answer(booked, submission, built, request.email)


@bp.route(route="bookings/booked/{token}", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def booking_outcome(req: func.HttpRequest) -> func.HttpResponse:
    """The outcome as it was when the booking was made; reads no roster, so it discloses no one on it."""
    built = services()
    parts = _OUTCOME.open(built.signer, token_of(req), built.now()).parts
    session_id, reference, state, unproven, address = (*parts, "", "")[:5]
    if wants_json(req):
        return json_body({"reference": reference, "state": state})
    session = built.bookings.places.session(session_id)
    content = built.content.of_programme(session.programme)
    return page(
        render(
            "bookings/confirmed.html",
            content,
            reference=reference,
            session=SessionView.of(session, content),
            calendars=web_calendar_links(session, content.mails),
            state=state,
            unproven=bool(unproven),
            address=address,
            sender=built.bookings.email_sender,
        )
    )


def _form_with_errors(built: Services, submission: Submission, error: Exception) -> func.HttpResponse:
    """The page on which a refused form continues, with every answer kept."""
    if isinstance(error, SubmissionCancelledError):
        return pages.cancelled(built, Draft.anew(built, submission), error)
    if not isinstance(error, FormError):
        return pages.refused(built, Draft.of(built, submission), error)
    draft = Draft.of(built, submission, error)
    chosen = pages.choosable(built, draft.session_id)
    if chosen is None:
        wrong = [each for each in error.errors if each.field == "session_id"]
        return pages.choose(built, draft, pages.sessions(built), *wrong, gone=bool(draft.session_id))
    if isinstance(error, FormTokenError):
        return pages.check(built, draft, read_answers(submission, built.bookings.policy), chosen, error.errors)
    return pages.mistakes(built, draft, chosen, error)


def _answer(booked: BookingResult, submission: Submission, built: Services, address: str) -> func.HttpResponse:
    unproven = _UNPROVEN if booked.unproven else ""
    location = _location(built, booked.session.id, booked.reference, booked.state, unproven, masked_address(address))
    if submission.is_form:
        return see_other(location)
    answer = {"reference": booked.reference, "state": str(booked.state)} | _link_of_test(built, booked)
    return json_body(answer, status=201, headers={"Location": location})


def _link_of_test(built: Services, booked: BookingResult) -> dict[str, str]:
    """The link to manage a booking of a session that only tests can see; for any other it is in the email alone."""
    if not booked.session.is_test or booked.attendee is None:
        return {}
    return {"manage": built.bookings.manage_url(booked.session.id, booked.attendee)}


def _location(built: Services, session_id: str, reference: str, state: AttendeeState, *more: str) -> str:
    return _OUTCOME.issue(built.signer, built.now(), session_id, reference, str(state), *more)
