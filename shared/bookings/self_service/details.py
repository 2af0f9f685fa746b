"""Name, needs and reminders, which people can change in their own booking."""

from dataclasses import replace
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict

from shared.bookings.model.attendee import Attendee
from shared.bookings.places.request import Adjustments
from shared.fields.field_types import FullName, YesOrNo


class DetailsRequest(BaseModel):
    """The answers that replace those of a booking, by the rules of the booking form."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    full_name: FullName
    adjustments: Adjustments = ""
    share_adjustments: YesOrNo = False
    reminders: YesOrNo


def with_details(attendee: Attendee, wanted: DetailsRequest, now: datetime, *, asks_needs: bool) -> Attendee:
    """The attendee with these details; their needs stay as they are where nobody reads them, so none were asked."""
    changed = replace(attendee, name=wanted.full_name, reminders=wanted.reminders)
    if not asks_needs:
        return changed
    changed = replace(changed, adjustments=wanted.adjustments, share_adjustments=wanted.share_adjustments)
    return changed if _needs(changed) == _needs(attendee) else replace(changed, needs_changed_at=now.astimezone(UTC))


def _needs(attendee: Attendee) -> tuple[str, bool]:
    # Without needs it does not matter who may see them.
    return attendee.adjustments, bool(attendee.adjustments) and attendee.share_adjustments
