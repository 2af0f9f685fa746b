"""Routes that book several sessions with one form, and show what became of each."""

from collections.abc import Sequence

# The worker only understands `typing.List` in the annotation of an output of many messages.
from typing import List  # noqa: UP035  # see above

import azure.functions as func

from functions.bookings import pages as of_one
from functions.bookings.answers import check_eligible, read_answers
from functions.bookings.draft import FORM, SEVERAL_SESSIONS
from functions.bookings.session_view import SessionView
from functions.bookings.several import pages
from functions.bookings.several.choice import Choice
from functions.bookings.several.session_line import SessionLine, lines_of, read_lines
from functions.forms.availability import check_open
from functions.forms.body import Submission, UnsupportedBodyError, read_body
from functions.forms.tokens import FormTokenError, check_form_token, check_honeypot
from functions.forms.validation import FormError
from functions.problems.http_errors import BookingOutcomeExpiredError
from functions.queues import BOOKINGS_STORAGE, EMAILS, mail_message
from functions.web.error_handling import handle_errors
from functions.web.links import token_of
from functions.web.outcome_address import OutcomeAddress
from functions.web.render import render
from functions.web.responses import page, see_other
from shared.bookings.emails.address_limit.counted import MOST_EMAILS
from shared.bookings.emails.web_calendars import web_calendar_links
from shared.bookings.model.attendee import AttendeeState
from shared.bookings.model.email_ids import DueMail
from shared.bookings.model.errors import NotForOutsidersError
from shared.bookings.places.request import BookingRequest
from shared.bookings.places.several_sessions import SessionOutcome, book_each, upcoming_sessions
from shared.bootstrap import Services, services
from shared.config.settings import Support
from shared.fields.email_address import masked_address
from shared.tables.table import StorageError

bp = func.Blueprint()
_OUTCOME = OutcomeAddress(f"{SEVERAL_SESSIONS}/booked", BookingOutcomeExpiredError)


@bp.route(route="bookings/several", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@bp.queue_output(arg_name="nudge", queue_name=EMAILS, connection=BOOKINGS_STORAGE)
@handle_errors
def book_several(req: func.HttpRequest, nudge: func.Out[List[str]]) -> func.HttpResponse:  # noqa: UP006  # see above
    sent = read_body(req)
    if not sent.is_form:
        raise UnsupportedBodyError  # a program books one session with each request
    built = services()
    check_open(built.closed, Support.BOOKINGS)
    choice = Choice.of(sent)
    if choice.error:
        return pages.choose(built, choice.draft(built, sent), choice.error)
    try:
        request = _checked(built, sent, choice)
        known = upcoming_sessions(built.bookings.places, built.now())
    except FormError as error:
        return _form_with_errors(built, sent, error)
    except (NotForOutsidersError, StorageError) as error:
        return of_one.refused(built, choice.draft(built, sent), error)
    outcomes = book_each(built.bookings.places, choice.requests(request), built.now())
    if mails := _mails(outcomes):
        nudge.set(mails)
    lines = lines_of(outcomes, known, built.content, choice)
    if all(each.is_settled for each in lines) and any(each.state for each in lines):
        return see_other(_location(built, request, lines))
    return pages.unfinished(built, sent, choice, lines)


@bp.route(route="bookings/several/booked/{token}", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def several_outcome(req: func.HttpRequest) -> func.HttpResponse:
    """The outcomes as they were when the form was sent; reads no roster, so it discloses no one on it."""
    built = services()
    address, *texts = _OUTCOME.open(built.signer, token_of(req), built.now()).parts
    known = upcoming_sessions(built.bookings.places, built.now())
    lines = read_lines(texts, known.values(), built.content)
    confirmed = [known[each.id] for each in lines if each.state == AttendeeState.CONFIRMED and each.id in known]
    calendars = [
        (
            SessionView.of(each, built.content).when,
            web_calendar_links(each, built.content.of_programme(each.programme).mails),
        )
        for each in confirmed
    ]
    facts = {
        "lines": lines,
        "states": [each.state for each in lines if each.state],
        "unproven": any(each.unproven for each in lines),
        "calendars": calendars,
        "address": address,
        "sender": built.bookings.email_sender,
        "most_emails": MOST_EMAILS,
    }
    return page(render("bookings/several/booked.html", built.content, **facts))


def _checked(built: Services, sent: Submission, choice: Choice) -> BookingRequest:
    """The answers, as a request for the first session.

    Raises:
        FormError: answers are missing or invalid, or no page that was open for a while sent them.
        NotForOutsidersError: the person does not work for the trust.
    """
    request = read_answers(choice.first(sent), built.bookings.policy)
    check_form_token(BookingRequest, sent, built.signer, FORM, built.now())
    check_honeypot(BookingRequest, sent)
    check_eligible(request, built.bookings.policy)
    return request


def _form_with_errors(built: Services, sent: Submission, error: FormError) -> func.HttpResponse:
    """The page on which a refused form continues, with every answer kept."""

    def show(choice: Choice, chosen: Sequence[SessionView]) -> func.HttpResponse:
        draft = choice.draft(built, sent, error)
        if not isinstance(error, FormTokenError):
            return pages.mistakes(built, draft, chosen, error)
        request = read_answers(choice.first(sent), built.bookings.policy)
        return pages.check(built, draft, request, chosen, error.errors)

    return pages.for_chosen(built, sent, show)


def _mails(outcomes: Sequence[SessionOutcome]) -> list[str]:
    results = [each.result for each in outcomes if each.result is not None]
    return [mail_message(DueMail(each.session.id, mail_id)) for each in results for mail_id in each.mail_ids]


def _location(built: Services, request: BookingRequest, lines: Sequence[SessionLine]) -> str:
    facts = (masked_address(request.email), *(each.text for each in lines))
    return _OUTCOME.issue(built.signer, built.now(), *facts)
