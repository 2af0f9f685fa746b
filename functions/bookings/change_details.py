"""Routes with which people change name, needs and reminders in their own booking.

The one page behind the link in the emails that shows what they gave: it is opened on purpose, from their booking.
"""

from collections.abc import Mapping, Sequence

import azure.functions as func

from functions.bookings.acts import Act
from functions.bookings.answers import read_details
from functions.bookings.booking_view import address
from functions.forms.tokens import without_token
from functions.forms.validation import FieldError, FormError, as_typed
from functions.web.error_handling import handle_errors
from functions.web.render import render
from functions.web.responses import form_page, page, see_other
from shared.bookings.model.attendee import Attendee
from shared.bookings.self_service.details import DetailsRequest
from shared.bootstrap import services

bp = func.Blueprint()

_DETAILS = "details"


@bp.route(route="manage/{token}/details", methods=["GET", "HEAD"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def details_form(req: func.HttpRequest) -> func.HttpResponse:
    act = Act.of(_DETAILS, req, services())
    if not act.view.can_change:
        return see_other(act.view.address)  # that page says why
    return page(_details_page(act, _present(act.booking.attendee)))


@bp.route(route="manage/{token}/details", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@handle_errors
def change_details(req: func.HttpRequest) -> func.HttpResponse:
    built = services()
    act = Act.of(_DETAILS, req, built)
    try:
        wanted = read_details(without_token(act.sent))
    except FormError as error:
        if not act.sent.is_form:
            raise
        return form_page(_details_page(act, error.values, error.errors), status=422)
    if not act.is_meant:
        return act.again(lambda _, reason: _details_page(act, as_typed(DetailsRequest, act.sent), (reason,)))
    done = built.bookings.self_service.change_details(
        act.link, wanted, asks_needs=built.bookings.adjustments_are_read, now=built.now()
    )
    return see_other(f"{address(act.link)}?done={'already-' if done.already else ''}saved")


def _present(attendee: Attendee) -> dict[str, str]:
    """The details as they stand, as the form would send them."""
    answers = {True: "yes", False: "no"}
    return {
        "full_name": attendee.name,
        "adjustments": attendee.adjustments,
        "share_adjustments": answers[attendee.share_adjustments] if attendee.adjustments else "",
        "reminders": answers[attendee.reminders],
    }


def _details_page(act: Act, values: Mapping[str, object], errors: Sequence[FieldError] = ()) -> str:
    facts = {
        "booking": act.view,
        "values": values,
        "asks_adjustments": act.built.bookings.adjustments_are_read,
        "shares_names": act.built.bookings.names_go_to_facilitators,
        "marks_attendance": act.built.bookings.marks_attendance,
        "form_token": act.form_token,
    }
    return render("manage/details.html", act.content, **facts, errors=errors)
