"""Delivery reports of the mail service: which email, and what became of it. The recipient is left out."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.mail.log_rows import MailState

_STATES = {
    "delivered": MailState.DELIVERED,
    "bounced": MailState.BOUNCED,
    "suppressed": MailState.BOUNCED,  # the service sends nothing any more to an address that bounced before
    "failed": MailState.FAILED,
    "quarantined": MailState.FAILED,
    "filteredspam": MailState.FAILED,
}


def reported_state(status: str) -> MailState | None:
    """The state that a delivery report's `status` stands for; None where it does not say whether the mail arrived."""
    return _STATES.get(status.casefold())


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """One delivery report. `status` in small letters; `at` is when delivery was tried (UTC), None where it is not said.

    Statuses: delivered, expanded (to the members of a list: not the end), failed, bounced, suppressed, quarantined,
    filteredspam.
    """

    operation_id: UUID
    status: str
    at: datetime | None = None
