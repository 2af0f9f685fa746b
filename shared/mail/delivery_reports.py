"""Delivery reports of the email service: the email they are about and its status. The recipient is left out."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.mail.log_rows import MailState

_STATES = {
    "delivered": MailState.DELIVERED,
    "bounced": MailState.BOUNCED,
    "suppressed": MailState.BOUNCED,  # the service sends nothing more to an address that bounced before
    "failed": MailState.FAILED,  # not known to be about the address: a fault on the way, a refusal, a full mailbox
    "quarantined": MailState.FAILED,
    "filteredspam": MailState.FAILED,
}


_FINAL_AT_NOTIFY = {
    "delivered": "delivered",
    "permanent-failure": "bounced",
    "temporary-failure": "failed",  # a soft bounce, a spam filter, or no word for three days
    "technical-failure": "failed",
}


def reported_status(status: str) -> str | None:
    """Returns the word of a report for a status at GOV.UK Notify; None if the status is not final."""
    return _FINAL_AT_NOTIFY.get(status.casefold())


def reported_state(status: str) -> MailState | None:
    """Returns the state that a report's `status` stands for; None if the status is not final."""
    return _STATES.get(status.casefold())


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """One delivery report. `at` is the time of the delivery attempt (UTC), None if the report does not give one.

    `status` is in lower case: delivered, expanded (to the members of a list: not final), failed, bounced, suppressed,
    quarantined or filteredspam.
    """

    operation_id: UUID
    status: str
    at: datetime | None = None
