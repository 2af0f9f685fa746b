"""A mail, the port that hands it over, and what can go wrong there.

MailError
 |- MailNotAcceptedError   temporary: the service said no for now; `retry_after` says how long it wants peace
 |- MailUnclearError       temporary: no answer, so nobody knows whether it was accepted; ask before sending again
 `- MailRefusedError       permanent: this message will never be accepted
"""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum, auto
from typing import Protocol
from uuid import UUID


class MailError(Exception):
    """Base of everything that handing over a mail can end in. Its text is a code, never an address or content."""


class MailNotAcceptedError(MailError):
    """The service is busy or this sender is over its quota; the mail was not accepted."""

    def __init__(self, code: str, retry_after: timedelta | None = None) -> None:
        super().__init__(code)
        self.retry_after = retry_after


class MailUnclearError(MailError):
    """The answer was lost, or was a fault of the service: the mail may have been accepted."""


class MailRefusedError(MailError):
    """The service refuses this message or its recipient for good."""


@dataclass(frozen=True, slots=True)
class EmailMessage:
    """One mail to one recipient: nobody sees another's address. Subject on one line; text and HTML say the same."""

    to: str = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(repr=False)

    def __post_init__(self) -> None:
        if not self.subject.strip() or any(ord(char) < 32 or char in "\x7f\x85\u2028\u2029" for char in self.subject):
            raise ValueError("an email subject must be one line and not empty")
        if not self.to or any(char in self.to for char in ",;<>\r\n "):
            raise ValueError("an email must have one recipient, as a bare address")


class MailStatus(Enum):
    """What the service says of an operation that it accepted."""

    UNDER_WAY = auto()
    HANDED_OVER = auto()
    FAILED = auto()


class MailSender(Protocol):
    """Hands mails over. Both methods raise `MailNotAcceptedError` and `MailUnclearError`."""

    def send(self, message: EmailMessage, *, operation_id: UUID) -> None:
        """Hands the mail over under this id, with one request, and returns when the service has accepted it.

        Raises:
            MailRefusedError: it never will.
        """

    def status(self, operation_id: UUID) -> MailStatus | None:
        """What became of the operation; None where the service never accepted one with this id."""
