"""Routes with which people change name, needs and reminders in their own booking.

The one page behind the link in the emails that shows what they gave: it is opened on purpose, from their booking.
"""

from collections.abc import Mapping, Sequence

import azure.functions as func

from functions.bookings.answers import read_details
from functions.bookings.booking_view import BookingView, address
from functions.forms.body import read_body
from functions.forms.validation import FieldError, FormError
from functions.web.error_handling import handle_errors
from functions.web.links import token_of
from functions.web.render import render
from functions.web.responses import form_page, page, see_other
from shared.bookings.model.attendee import Attendee
from shared.bootstrap import Services, services

bp = func.Blueprint()


@bp.route(route="manage/{token}/details", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def details_form(req: func.HttpRequest) -> func.HttpResponse:
    built, token = services(), token_of(req)
    found = built.bookings.self_service.find(token, built.now())
    view = BookingView.of(token, found, built.content, built.now())
    if not view.can_change:
        return see_other(view.address)  # that page says why
    return _form(built, view, _present(found.attendee))


@bp.route(route="manage/{token}/details", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def change_details(req: func.HttpRequest) -> func.HttpResponse:
    submission, built, token = read_body(req), services(), token_of(req)
    try:
        wanted = read_details(submission)
    except FormError as error:
        if not submission.is_form:
            raise
        found = built.bookings.self_service.find(token, built.now())
        view = BookingView.of(token, found, built.content, built.now())
        return _form(built, view, error.values, error.errors)
    done = built.bookings.self_service.change_details(
        token, wanted, asks_needs=built.bookings.adjustments_are_read, now=built.now()
    )
    return see_other(f"{address(token)}?done={'already-' if done.already else ''}saved")


def _present(attendee: Attendee) -> dict[str, str]:
    """The details as they stand, as the form would send them."""
    answers = {True: "yes", False: "no"}
    return {
        "full_name": attendee.name,
        "adjustments": attendee.adjustments,
        "share_adjustments": answers[attendee.share_adjustments] if attendee.adjustments else "",
        "reminders": answers[attendee.reminders],
    }


def _form(
    built: Services, view: BookingView, values: Mapping[str, object], errors: Sequence[FieldError] = ()
) -> func.HttpResponse:
    facts = {
        "booking": view,
        "values": values,
        "asks_adjustments": built.bookings.adjustments_are_read,
        "shares_names": built.bookings.names_go_to_facilitators,
    }
    html = render("manage/details.html", built.content, **facts, errors=errors)
    return form_page(html, status=422) if errors else page(html)
