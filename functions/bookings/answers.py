"""The answers of the forms of a booking as a request, or one sentence for each field that is wrong.

For programs, the form's description: its fields, the sessions to choose from, limits, and a form token.
"""

from collections.abc import Iterable

from functions.bookings.draft import FORM
from functions.bookings.session_view import SessionView
from functions.forms.body import Submission
from functions.forms.form_description import Wording, fields_json, token_json
from functions.forms.tokens import without_token
from functions.forms.validation import FieldError, FormError, as_typed, validate
from shared.bookings.model.allocation_policy import AllocationPolicy
from shared.bookings.model.errors import NotForOutsidersError
from shared.bookings.places.request import BookingRequest
from shared.bookings.self_service.details import DetailsRequest
from shared.bootstrap import Services

_MISSING = {
    "session_id": "Select a session",
    "full_name": "Enter your name",
    "email": "Enter your email address",
    "group_agreement": "Select the box to agree to the group rules",
    "works_for_trust": "Select yes if you work here",
    "join_waiting_list": "Select yes if you want to wait for a place",
    "adjustments": "Enter what you need as text",
    "share_adjustments": "Select the box to share what you need",
    "reminders": "Select yes if you want reminders",
    "submission_id": "Reload the form and send it again",
}


def read_answers(submission: Submission, policy: AllocationPolicy) -> BookingRequest:
    """The request in a form or in JSON. Without one of the trust's addresses, `works_for_trust` is required.

    Raises:
        FormError: answers are missing or invalid.
    """
    request = validate(BookingRequest, without_token(submission), _MISSING)
    if request.works_for_trust is None and not policy.is_staff_address(request.email):
        asked = FieldError("works_for_trust", _MISSING["works_for_trust"])
        raise FormError((asked,), as_typed(BookingRequest, submission))
    return request


def read_details(submission: Submission) -> DetailsRequest:
    """The details that someone changes in their booking.

    Raises:
        FormError: answers are missing or invalid.
    """
    return validate(DetailsRequest, submission, _MISSING)


def check_eligible(request: BookingRequest, policy: AllocationPolicy) -> None:
    """Returns if the person works for the trust, by address or by their own answer; checked before they confirm.

    Raises:
        NotForOutsidersError: they do not.
    """
    if not request.works_for_trust and not policy.is_staff_address(request.email):
        raise NotForOutsidersError


def booking_form_json(built: Services, sessions: Iterable[SessionView]) -> dict[str, object]:
    """The description of the form that POST /bookings takes."""
    chosen = tuple((each.id, each.when) for each in sessions if each.can_be_chosen)
    fields = fields_json(BookingRequest, _wordings(built, chosen))
    return {"post_to": "/bookings", **token_json(FORM, built.signer, built.now()), "fields": fields}


def _wordings(built: Services, sessions: tuple[tuple[str, str], ...]) -> dict[str, Wording]:
    content, read = built.content, built.bookings.adjustments_are_read
    return {
        "session_id": Wording("Session", choices=sessions),
        "full_name": Wording("Full name"),
        "email": Wording("Email address", "We only use this to send you your booking, the joining link and reminders"),
        "works_for_trust": Wording(
            f"Do you work for {content.organisation.name}?",
            "You only need to answer if you gave a personal email address",
        ),
        "group_agreement": Wording(content.groups.agreement),
        "join_waiting_list": Wording("Do you want to join the waiting list if the session is full?"),
        "adjustments": Wording("What you need", "" if read else "No one reads this"),
        "share_adjustments": Wording(f"Share this with {content.provider.short_name}"),
        "reminders": Wording("Would you like reminders by email?"),
    }
