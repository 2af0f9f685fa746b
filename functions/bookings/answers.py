"""The answers of the forms of a booking as a request, or one sentence for each field that is wrong.

For programs, the form's description: its fields, the sessions to choose from, limits, and a form token.
"""

from collections.abc import Sequence
from dataclasses import replace

from pydantic import BaseModel

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
from shared.fields.field_types import EmailAddress, FullName
from shared.wording.sentences import sentence

_MISSING = {
    "session_id": sentence("messages.booking.session"),
    "full_name": sentence("messages.booking.name"),
    "email": sentence("messages.booking.email"),
    "group_agreement": sentence("messages.booking.agreement"),
    "works_here": sentence("messages.booking.works-here"),
    "join_waiting_list": sentence("messages.booking.waiting-list"),
    "adjustments": sentence("messages.booking.needs"),
    "share_adjustments": sentence("messages.booking.share-needs"),
    "reminders": sentence("messages.booking.reminders"),
    "submission_id": sentence("messages.booking.reload"),
}


def read_answers(submission: Submission, policy: AllocationPolicy) -> BookingRequest:
    """The request in a form or in JSON. Without one of the trust's addresses, `works_here` is required.

    Raises:
        FormError: answers are missing or invalid.
    """
    request = validate(BookingRequest, without_token(submission), _MISSING)
    if request.works_here is None and not policy.is_staff_address(request.email):
        asked = FieldError("works_here", _MISSING["works_here"])
        raise FormError((asked,), as_typed(BookingRequest, submission))
    return request


def read_details(submission: Submission) -> DetailsRequest:
    """The details that someone changes in their booking.

    Raises:
        FormError: answers are missing or invalid.
    """
    return validate(DetailsRequest, submission, _MISSING)


class NameAndEmail(BaseModel):
    """The answers that a form on another website may ask for, besides the session."""

    full_name: FullName
    email: EmailAddress


def of_another_website(submission: Submission) -> Submission:
    """The session, name and email of a form on another website.

    Nothing else of it is taken: needs are health data, to be typed on our page alone, and so is the agreement. The
    submission id and token of a form are those of our pages.
    """
    taken = {"session_id", *NameAndEmail.model_fields}
    return replace(submission, values={name: each for name, each in submission.values.items() if name in taken})


def mistakes_of_another_website(submission: Submission) -> tuple[FieldError, ...]:
    """The errors of the name and email of such a form; none if it has neither and only chooses a session."""
    if not submission.values.keys() & NameAndEmail.model_fields.keys():
        return ()
    try:
        validate(NameAndEmail, submission, _MISSING)
    except FormError as found:
        return found.errors
    return ()


def check_eligible(request: BookingRequest, policy: AllocationPolicy) -> None:
    """Returns if the person works for the trust, by address or by their own answer; checked before they confirm.

    Raises:
        NotForOutsidersError: they do not.
    """
    if not request.works_here and not policy.is_staff_address(request.email):
        raise NotForOutsidersError


def booking_form_json(built: Services, sessions: Sequence[SessionView], session_id: str = "") -> dict[str, object]:
    """The description of the form that POST /bookings takes, with the rules of the group of that session."""
    chosen = tuple((each.id, each.when) for each in sessions if each.can_be_chosen)
    programme = next((each.programme for each in sessions if each.id == session_id), "")
    fields = fields_json(BookingRequest, _wordings(built, chosen, programme))
    return {"post_to": "/bookings", **token_json(FORM, built.signer, built.now()), "fields": fields}


def _wordings(built: Services, sessions: tuple[tuple[str, str], ...], programme: str) -> dict[str, Wording]:
    content, read = built.content, built.bookings.adjustments_are_read
    organisation, provider = content.organisation.name, content.provider.short_name
    labels = {
        "session_id": Wording(sentence("form.booking.session"), choices=sessions),
        "full_name": Wording(sentence("form.booking.name")),
        "email": Wording(sentence("form.booking.email"), sentence("form.booking.email-hint")),
        "works_here": Wording(
            sentence("form.booking.works-here", organisation=organisation), sentence("form.booking.works-here-hint")
        ),
        "group_agreement": Wording(content.groups.of(programme).agreement),
        "join_waiting_list": Wording(sentence("form.booking.waiting-list")),
        "adjustments": Wording(
            sentence("form.booking.needs"), "" if read else sentence("form.booking.needs-unread-hint")
        ),
        "share_adjustments": Wording(sentence("form.booking.share-needs", provider=provider)),
        "reminders": Wording(sentence("form.booking.reminders")),
    }
    return {name: each.in_language(content.translate) for name, each in labels.items()}
