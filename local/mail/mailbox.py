"""Accepted operations and the emails that resulted from them. In memory only."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from local.mail.attachments import Attachment
from local.mail.errors import InvalidMessageError
from local.mail.message import EmailMessage

UNDELIVERED = frozenset({"Failed", "Canceled"})


@dataclass(frozen=True, slots=True)
class Submission:
    """A message that passed every check; `posted` is its JSON as it came."""

    message: EmailMessage
    attachments: tuple[Attachment, ...]
    posted: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """`accepted_at` is aware UTC on the emulator's clock; `final` the status it comes to, `code` why, if it fails."""

    id: str
    accepted_at: datetime
    submission: Submission
    final: str = "Succeeded"
    code: str | None = None


@dataclass(slots=True)
class Mail:
    """One email in the inbox; `number` is never given twice, `reports` are the delivery statuses in order."""

    number: int
    operation: Operation
    time: datetime
    message_id: str
    submission: Submission
    reports: list[str] = field(default_factory=list)

    @property
    def delivered(self) -> bool:
        return self.operation.final not in UNDELIVERED


class Mailbox:
    def __init__(self) -> None:
        self._operations: dict[str, Operation] = {}
        self._mails: dict[int, Mail] = {}
        self._message_ids: set[str] = set()
        self._last_number = 0

    def operation(self, operation_id: str) -> Operation | None:
        return self._operations.get(operation_id.lower())

    def mail(self, number: int) -> Mail | None:
        return self._mails.get(number)

    @property
    def mails(self) -> Sequence[Mail]:
        """Oldest first."""
        return tuple(self._mails.values())

    def clear(self) -> None:
        """Empties the inbox. Operations and message ids stay known: only the emails are thrown away."""
        self._mails.clear()

    def accept(self, operation: Operation, now: datetime) -> Mail:
        """Takes a message on, as a new operation or once more for a known one.

        Raises:
            InvalidMessageError: it asks for its message id to be validated, and the id is malformed or taken.
        """
        message_id = self._message_id(operation.submission.message)
        known = self._operations.setdefault(operation.id.lower(), operation)
        self._message_ids.add(message_id)
        self._last_number += 1
        mail = Mail(self._last_number, known, now, message_id, operation.submission)
        self._mails[mail.number] = mail
        return mail

    def _message_id(self, message: EmailMessage) -> str:
        given = message.message_id
        if given and given not in self._message_ids:
            return given
        if message.asks_for("x-ms-acsemail-validate-message-id") and message.header("Message-ID") is not None:
            raise InvalidMessageError("headers.Message-ID")
        return f"<{uuid4()}@{message.sender_address.rpartition('@')[2]}>"
