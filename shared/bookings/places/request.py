"""The request for a place, and the answer to it."""

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from shared.bookings.model.attendee import ADJUSTMENTS_LENGTH, Attendee, AttendeeState
from shared.bookings.model.session import Session
from shared.fields.field_schemas import lines
from shared.fields.field_types import Agreed, EmailAddress, FullName, SubmissionId, YesOrNo, free_text
from shared.wording.sentences import sentence

Adjustments = Annotated[str, free_text(ADJUSTMENTS_LENGTH, sentence("fields.adjustments")), lines(ADJUSTMENTS_LENGTH)]
"""Needs of someone who wants to take part, in their own words."""


class BookingRequest(BaseModel):
    """The answers with which someone asks for a place in a session."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    session_id: Annotated[str, Field(min_length=1)]
    full_name: FullName
    email: EmailAddress
    works_here: YesOrNo | None = None
    group_agreement: Agreed
    join_waiting_list: YesOrNo = False
    adjustments: Adjustments = ""
    share_adjustments: YesOrNo = False
    reminders: YesOrNo = True
    submission_id: SubmissionId | None = None

    @classmethod
    def to_move(cls, attendee: Attendee, *, from_session_id: str, session_id: str) -> "BookingRequest":
        """The request by which someone who has a booking books another session in its place.

        Not validated: an administrator may have typed name and address, and someone who was let in may also move.
        That they work for the trust and agree to the group's rules they said when they booked, or the organiser
        decided it, so nobody is asked again. The submission is the same for every try of this move, so that a repeat
        finds the first.
        """
        return cls.model_construct(
            session_id=session_id,
            full_name=attendee.name,
            email=attendee.email,
            works_here=True,
            group_agreement=True,
            join_waiting_list=False,
            adjustments=attendee.adjustments,
            share_adjustments=attendee.share_adjustments,
            reminders=attendee.reminders,
            submission_id=f"move-{from_session_id}-{attendee.key}-{attendee.generation}",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingResult:
    """The answer to a booking. `mail_ids` are the emails that it made due.

    `unproven`: nothing is certain before they press the button that their email leads to. `attendee` is their booking,
    the one of before if there is one; None if the same submission is answered again. Whoever asks may not see it.
    """

    session: Session
    reference: str
    state: AttendeeState
    mail_ids: tuple[str, ...]
    unproven: bool = False
    attendee: Attendee | None = field(default=None, repr=False)
