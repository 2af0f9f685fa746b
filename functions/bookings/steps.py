"""Routes of the booking journey in a browser, page by page. Each continues by POST and stores nothing."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import azure.functions as func

from functions.bookings import pages
from functions.bookings.answers import (
    booking_form_json,
    check_eligible,
    mistakes_of_another_website,
    of_another_website,
    read_answers,
)
from functions.bookings.draft import Draft
from functions.bookings.session_view import SessionView
from functions.forms.availability import check_open
from functions.forms.body import Submission, UnsupportedBodyError, read_body
from functions.forms.csrf import is_cross_site
from functions.forms.negotiation import wants_json
from functions.forms.request_values import query
from functions.forms.tokens import check_honeypot
from functions.forms.validation import FieldError, FormError
from functions.web.error_handling import handle_errors
from functions.web.links import token_in
from functions.web.responses import json_body, see_other
from shared.bookings.model.errors import NotForOutsidersError
from shared.bookings.places.request import BookingRequest
from shared.bootstrap import Services, services
from shared.config.settings import Support
from shared.wording.sentences import sentence

bp = func.Blueprint()

_START = "/bookings/new"
# For the one form that pages of BOOKING_ORIGINS may send: it stores nothing, and shows what it was sent to the sender.
_let_in_listed_websites = replace(handle_errors, origins=lambda: services().booking_origins)
_SELECT = FieldError("session_id", sentence("messages.booking.session"))


@bp.route(route="bookings/new", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def booking_form(req: func.HttpRequest) -> func.HttpResponse:
    built = services()
    check_open(built.closed, Support.BOOKINGS)
    if wants_json(req):
        return json_body(booking_form_json(built, pages.sessions(built), query(req, "session")))
    session_id = query(req, "session")
    chosen = _session_in(built, session_id)
    if chosen is not None:
        return pages.details(built, Draft.new(built, chosen.id), chosen, opened=True)
    views = pages.sessions(built)
    if not any(view.can_be_chosen for view in views):
        return see_other("/sessions")  # that page says that there is none
    return pages.choose(built, Draft.new(built), views, gone=bool(session_id))


@bp.route(route="bookings/session", methods=["GET", "HEAD", "POST"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def booking_session(req: func.HttpRequest) -> func.HttpResponse:
    return _step(req, lambda built, sent: pages.choose(built, Draft.of(built, sent), pages.sessions(built)))


@bp.route(route="bookings/details", methods=["GET", "HEAD", "POST"], auth_level=func.AuthLevel.ANONYMOUS)
@_let_in_listed_websites
def booking_details(req: func.HttpRequest) -> func.HttpResponse:
    """The page of details; also where a form on the organisation's own website leads, with what it asked filled in."""
    from_elsewhere = is_cross_site(req, lambda: services().site_url)
    return _step(req, _begun_elsewhere if from_elsewhere else _details)


@bp.route(route="bookings/check", methods=["GET", "HEAD", "POST"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def booking_check(req: func.HttpRequest) -> func.HttpResponse:
    work = query(req, "work")
    return _step(req, lambda built, sent: _check(built, sent, work))


def _session_in(built: Services, linked: str) -> SessionView | None:
    """The session of a link, also where something is stuck to the end of its id; None if it cannot be booked."""
    cut = token_in(linked)
    return pages.choosable(built, linked) or (pages.choosable(built, cut) if cut != linked else None)


def _step(req: func.HttpRequest, show: Callable[[Services, Submission], func.HttpResponse]) -> func.HttpResponse:
    built = services()
    check_open(built.closed, Support.BOOKINGS)
    if req.method != "POST":
        return see_other(_START)  # someone bookmarked a page that only a form leads to
    submission = read_body(req)
    if not submission.is_form:
        raise UnsupportedBodyError
    return show(built, submission)


def _begun_elsewhere(built: Services, submission: Submission) -> func.HttpResponse:
    begun = of_another_website(submission)
    return _details(built, begun, mistakes_of_another_website(begun))


def _details(built: Services, submission: Submission, errors: Sequence[FieldError] = ()) -> func.HttpResponse:
    draft = Draft.of(built, submission)
    chosen = pages.choosable(built, draft.session_id)
    if not draft.session_id:
        return pages.choose(built, draft, pages.sessions(built), _SELECT)
    if chosen is None:
        return pages.choose(built, draft, pages.sessions(built), gone=True)
    return pages.details(built, draft, chosen, errors)


def _check(built: Services, submission: Submission, work: str) -> func.HttpResponse:
    """The check page, or the one with what is wrong or not yet asked.

    `work`: "change" to answer anew whether someone works here, "asked" if they have just been asked.
    """
    draft = Draft.of(built, submission)
    chosen = pages.choosable(built, draft.session_id)
    if chosen is None:
        errors = () if draft.session_id else (_SELECT,)
        return pages.choose(built, draft, pages.sessions(built), *errors, gone=bool(draft.session_id))
    if work == "change":
        return pages.work(built, draft)
    try:
        request = read_answers(submission, built.bookings.policy)
        check_honeypot(BookingRequest, submission)
        check_eligible(request, built.bookings.policy)
    except FormError as found:
        refound = Draft.of(built, submission, found)
        return pages.mistakes(built, refound, chosen, found, work_opened=work != "asked")
    except NotForOutsidersError as error:
        return pages.refused(built, draft, error)
    return pages.check(built, draft, request, chosen)
