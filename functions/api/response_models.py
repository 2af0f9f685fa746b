"""Response models of the JSON endpoints, used for their schemas only."""

from datetime import date
from typing import Annotated, Any, Literal, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, create_model

from functions.bookings.session_view import JSON_FIELDS, SessionView
from shared.bookings.model.attendee import AttendeeState
from shared.references import ALPHABET, LENGTH
from shared.referrals.model import Progress

REFERENCE = f"^[{ALPHABET}]{{{LENGTH}}}$"

type Reference = Annotated[str, Field(pattern=REFERENCE)]
type Outcome = Literal[AttendeeState.CONFIRMED, AttendeeState.WAITING, AttendeeState.TO_CHECK]


class Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


_HINTS = get_type_hints(SessionView)
_FIELDS: dict[str, Any] = {name: (_HINTS[name], ...) for name in JSON_FIELDS}
Session = create_model("Session", __base__=Answer, **_FIELDS)


class Sessions(Answer):
    sessions: list[Session]


class Choice(Answer):
    """One value that may be sent for a field, and the words for it."""

    value: str | bool
    text: str


class Condition(Answer):
    """The field with whose values another one is asked."""

    field: str
    values: list[str]


class FormField(Answer):
    """One field. With `choices` the answer is one of them, with `several` a list of them; a language may be another."""

    name: str
    label: str
    hint: str
    required: bool
    several: bool
    max_length: int | None
    format: str
    choices: list[Choice]
    needed_if: Condition | None


class FormDescription(Answer):
    """A form. Send `submission_id` and `form_token` with the answers, at least 3 seconds and at most a day later."""

    post_to: str
    submission_id: str
    form_token: str
    form_token_from_seconds: int
    form_token_until_seconds: int
    fields: list[FormField]


class BookingOutcome(Answer):
    """`to-check`: the place is held until the organiser has seen that the person works for the organisation.

    With an address that is not the organisation's, `to-check` and `waiting` are certain once the person has pressed the
    button that the email to them leads to.
    """

    reference: Reference
    state: Outcome


class Booked(BookingOutcome):
    """`manage`: the link to manage it, only in a session for tests; for any other it is in the email alone."""

    manage: str = ""


class ReferralTaken(Answer):
    """`words`: three words, which prove with the reference whose it is. Show them to the person, and keep neither."""

    reference: Reference
    words: str


class ReferralOutcome(Answer):
    """`by`: ask about the referral if there is no contact by this day. `words` are as in the answer to the referral."""

    reference: Reference
    by: date
    words: str


class StatusRequest(BaseModel):
    """A reference as typed: spaces, case and letters that look alike do not matter."""

    reference: Annotated[str, Field(pattern=r"[^\s\u001c-\u001f\u0085]")]


class ReferralStatus(Answer):
    """`contact`: please ask the provider. `not-collected`: it was never opened there, and its answers are deleted.

    `withdrawn`: the person has taken it back.
    """

    reference: Reference
    status: Progress


class Healthy(Answer):
    status: Literal["healthy"]


class Unhealthy(Answer):
    """Something is wrong. The log names it."""

    status: Literal["unhealthy"]


class MemberError(Answer):
    """The error of one member of the body: `pointer` is a JSON Pointer (RFC 6901) as a URI fragment."""

    field: str
    pointer: str
    detail: str


class ProblemDetails(Answer):
    """Problem details (RFC 9457). `correlation` is the code under which the log has it."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[MemberError] = []
    correlation: str = ""
