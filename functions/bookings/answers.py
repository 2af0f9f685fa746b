"""The answers of the forms of a booking as a request, or one sentence for each field that is wrong."""

from functions.forms.body import Submission
from functions.forms.validation import FieldError, FormError, as_typed, validate
from shared.bookings.model.allocation_policy import AllocationPolicy
from shared.bookings.model.errors import NotForOutsidersError
from shared.bookings.places.request import BookingRequest
from shared.bookings.self_service.details import DetailsRequest

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


def read_answers(submission: Submission, policy: AllocationPolicy) -> BookingRequest:
    """The request in a form or in JSON. Without one of the trust's addresses, `works_for_trust` is required.

    Raises:
        FormError: answers are missing or invalid.
    """
    request = validate(BookingRequest, submission, _MISSING)
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
