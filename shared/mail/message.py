"""An email message, the port that sends it, and the errors of the port.

MailError
 |- MailNotAcceptedError   temporary: not accepted for now; `retry_after` is the pause that the service asks for
 |   |- MailSetUpError     temporary: no email is accepted until someone corrects the set-up of the service
 |   `- MailWaitsError     temporary: this service does not send this one yet
 |- MailUnclearError       temporary: no answer, so it may have been accepted; ask before sending again
 `- MailRefusedError       permanent: this message will never be accepted
"""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum, auto
from typing import Protocol
from uuid import UUID

SET_UP_PAUSE = timedelta(minutes=10)
"""Pause after an answer that says that the set-up of the email service is wrong."""


class MailError(Exception):
    """Base of the errors of sending an email. Its text is a code, never an address or content."""


class MailNotAcceptedError(MailError):
    """The service is busy or this sender is over its quota; the email was not accepted."""

    def __init__(self, code: str, retry_after: timedelta | None = None) -> None:
        super().__init__(code)
        self.retry_after = retry_after

    @property
    def pauses_all(self) -> bool:
        """True if all other emails wait as well."""
        return self.retry_after is not None


class MailSetUpError(MailNotAcceptedError):
    """The set-up is wrong: a key, a clock, a template, a sender address, trial mode. It does not concern this email."""

    def __init__(self, code: str, retry_after: timedelta = SET_UP_PAUSE) -> None:
        super().__init__(code, retry_after)


class MailUnclearError(MailError):
    """The answer was lost, or was a server error: the email may have been accepted."""


class MailWaitsError(MailNotAcceptedError):
    """This service itself does not send the email before `retry_after`; no other email waits for that."""

    @property
    def pauses_all(self) -> bool:
        return False


class MailRefusedError(MailError):
    """The service permanently refuses this message or its recipient."""


@dataclass(frozen=True, slots=True)
class EmailMessage:
    """One email to one recipient, so that nobody sees another's address.

    Text, HTML and Markdown have the same content. A service sends the first two as they are, or renders the third.
    `reply_to` is where answers go: "" for an email that no one should answer. A service that keeps reply-to addresses
    of its own, as GOV.UK Notify does, uses those instead.

    Raises:
        ValueError: the subject is empty or not one line, or `to` is not one bare address.
    """

    to: str = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(repr=False)
    markdown: str = field(repr=False)
    reply_to: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if not self.subject.strip() or any(ord(char) < 32 or char in "\x7f\x85\u2028\u2029" for char in self.subject):
            raise ValueError("an email subject must be one line and not empty")
        if not self.to or any(char in self.to for char in ",;<>\r\n "):
            raise ValueError("an email must have one recipient, as a bare address")


class MailStatus(Enum):
    """The service's status of an operation that it accepted."""

    UNDER_WAY = auto()
    HANDED_OVER = auto()
    FAILED = auto()


class MailSender(Protocol):
    """An email service. Both methods raise `MailNotAcceptedError`, `MailSetUpError` and `MailUnclearError`."""

    @property
    def remembered_days(self) -> int | None:
        """Days in London for which `status` answers about an email, the first among them; None if without an end."""

    def send(self, message: EmailMessage, *, operation_id: UUID) -> None:
        """Sends the email under this id with one request, and returns once the service has accepted it.

        Raises:
            MailRefusedError: the service will never accept it.
        """

    def status(self, operation_id: UUID) -> MailStatus | None:
        """Returns the operation's status; None if the service never accepted one with this id.

        Raises:
            MailRefusedError: the service refuses the query, which says nothing about the email.
        """

    def report(self, operation_id: UUID) -> str | None:
        """Returns the final status of an email, as `DeliveryReport` words it; None if there is none, or none to ask.

        Raises:
            MailRefusedError: as `status`.
        """
