"""Routes of the pages on which several sessions are booked. Each continues by POST and stores nothing."""

from collections.abc import Callable, Sequence

import azure.functions as func

from functions.bookings import pages as of_one
from functions.bookings.answers import check_eligible, read_answers
from functions.bookings.draft import SEVERAL_SESSIONS, Draft
from functions.bookings.session_view import SessionView
from functions.bookings.several import pages
from functions.bookings.several.choice import Choice
from functions.forms.availability import check_open
from functions.forms.body import Submission, UnsupportedBodyError, read_body
from functions.forms.request_values import query
from functions.forms.tokens import check_honeypot
from functions.forms.validation import FormError
from functions.web.error_handling import handle_errors
from functions.web.responses import see_other
from shared.bookings.model.errors import NotForOutsidersError
from shared.bookings.places.request import BookingRequest
from shared.bootstrap import Services, services
from shared.config.settings import Support

bp = func.Blueprint()


@bp.route(route="bookings/several/new", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def several_form(req: func.HttpRequest) -> func.HttpResponse:
    del req
    built = services()
    check_open(built.closed, Support.BOOKINGS)
    if sum(view.can_be_chosen for view in of_one.sessions(built)) < 2:
        return see_other("/bookings/new")
    return pages.choose(built, Draft.new(built, way=SEVERAL_SESSIONS))


@bp.route(route="bookings/several/session", methods=["GET", "HEAD", "POST"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def several_sessions(req: func.HttpRequest) -> func.HttpResponse:
    return _step(req, lambda built, sent: pages.choose(built, Choice.of(sent).draft(built, sent)))


@bp.route(route="bookings/several/details", methods=["GET", "HEAD", "POST"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def several_details(req: func.HttpRequest) -> func.HttpResponse:
    def show(built: Services, sent: Submission) -> func.HttpResponse:
        return pages.for_chosen(
            built, sent, lambda choice, chosen: pages.details(built, choice.draft(built, sent), chosen)
        )

    return _step(req, show)


@bp.route(route="bookings/several/check", methods=["GET", "HEAD", "POST"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def several_check(req: func.HttpRequest) -> func.HttpResponse:
    work = query(req, "work")

    def show(built: Services, sent: Submission) -> func.HttpResponse:
        return pages.for_chosen(built, sent, lambda choice, chosen: _check(built, sent, work, choice, chosen))

    return _step(req, show)


def _step(req: func.HttpRequest, show: Callable[[Services, Submission], func.HttpResponse]) -> func.HttpResponse:
    built = services()
    check_open(built.closed, Support.BOOKINGS)
    if req.method != "POST":
        return see_other(f"{SEVERAL_SESSIONS}/new")  # someone bookmarked a page that only a form leads to
    submission = read_body(req)
    if not submission.is_form:
        raise UnsupportedBodyError
    return show(built, submission)


def _check(
    built: Services, sent: Submission, work: str, choice: Choice, chosen: Sequence[SessionView]
) -> func.HttpResponse:
    """The check page, or the one with what is wrong or not yet asked; `work` is as in the form of one session."""
    draft = choice.draft(built, sent)
    if work == "change":
        return of_one.work(built, draft)
    try:
        request = read_answers(choice.first(sent), built.bookings.policy)
        check_honeypot(BookingRequest, sent)
        check_eligible(request, built.bookings.policy)
    except FormError as found:
        return pages.mistakes(built, choice.draft(built, sent, found), chosen, found, work_opened=work != "asked")
    except NotForOutsidersError as error:
        return of_one.refused(built, draft, error)
    return pages.check(built, draft, request, chosen)
