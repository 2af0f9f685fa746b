"""What somebody asks for when booking a place, and the answer."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from shared.bookings.model.attendee import AttendeeState
from shared.bookings.model.session import Session
from shared.fields.field_schemas import lines
from shared.fields.field_types import Agreed, EmailAddress, FullName, SubmissionId, YesOrNo, free_text

ADJUSTMENTS_LENGTH = 500


class BookingRequest(BaseModel):
    """What somebody asks for when booking a place."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    session_id: Annotated[str, Field(min_length=1)]
    full_name: FullName
    email: EmailAddress
    works_for_trust: YesOrNo | None = None
    group_agreement: Agreed
    join_waiting_list: YesOrNo = False
    adjustments: Annotated[str, free_text(ADJUSTMENTS_LENGTH, "Adjustments"), lines(ADJUSTMENTS_LENGTH)] = ""
    share_adjustments: YesOrNo = False
    reminders: YesOrNo = True
    submission_id: SubmissionId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingResult:
    """The answer to a booking. `mail_ids` are the mails that it made due."""

    session: Session
    reference: str
    state: AttendeeState
    mail_ids: tuple[str, ...]
