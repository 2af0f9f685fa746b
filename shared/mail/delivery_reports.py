"""The mail service's words for what became of a mail that it had taken."""

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
