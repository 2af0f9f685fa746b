"""The adapter of the email port for Azure Communication Services Email, through Microsoft's client."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from azure.communication.email import EmailClient
from azure.core.credentials import AzureKeyCredential, TokenCredential
from azure.core.exceptions import AzureError, HttpResponseError, ServiceRequestError
from azure.core.rest import HttpRequest
from requests.exceptions import SSLError

from shared.mail.message import (
    EmailMessage,
    MailNotAcceptedError,
    MailRefusedError,
    MailSetUpError,
    MailStatus,
    MailUnclearError,
)

_API_VERSION = "2025-09-01"
# By itself the client sleeps through a Retry-After of any length, and posts again after a server error.
_NO_RETRIES: Mapping[str, Any] = {"retry_total": 0, "connection_timeout": 5, "read_timeout": 20}
_STATUS = {
    "notstarted": MailStatus.UNDER_WAY,
    "running": MailStatus.UNDER_WAY,
    "succeeded": MailStatus.HANDED_OVER,
    "failed": MailStatus.FAILED,
    "canceled": MailStatus.FAILED,
}

_SET_UP = frozenset({"InvalidSenderUserName", "DomainNotLinked", "Denied"})
_MAX_RETRY_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class AzureMailSender:
    """Sends from `sender`, a verified address. `client` is shared by the process: it is safe between threads."""

    client: EmailClient = field(repr=False)
    sender: str

    @property
    def remembered_days(self) -> int | None:
        return None

    def send(self, message: EmailMessage, *, operation_id: UUID) -> None:
        with _translated():
            # Without `polling=False` a thread starts polling at once and uses up the quota for status requests.
            self.client.begin_send(_body(message, self.sender), operation_id=str(operation_id), polling=False)

    def status(self, operation_id: UUID) -> MailStatus | None:
        request = HttpRequest("GET", f"/emails/operations/{operation_id}", params={"api-version": _API_VERSION})
        with _translated():
            answer = self.client.send_request(request)
            if answer.status_code == 404:
                return None
            answer.raise_for_status()
            return _STATUS.get(str(answer.json().get("status")).casefold(), MailStatus.UNDER_WAY)

    def report(self, operation_id: UUID) -> str | None:  # noqa: ARG002  # Event Grid posts every report
        return None


def open_client(endpoint: str, credential: TokenCredential | AzureKeyCredential) -> EmailClient:
    """Returns a client. `from_connection_string` cannot be used: it turns the emulator's http into https."""
    return EmailClient(endpoint.rstrip("/"), credential, **_NO_RETRIES)


def _body(message: EmailMessage, sender: str) -> dict[str, Any]:
    reply_to = {"replyTo": [{"address": message.reply_to}]} if message.reply_to else {}
    return {
        "senderAddress": sender,
        "recipients": {"to": [{"address": message.to}]},
        "content": {"subject": message.subject, "plainText": message.text, "html": message.html},
        "headers": {
            # Prevents automatic replies (RFC 3834; Exchange reads the second).
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
        },
        "userEngagementTrackingDisabled": True,
        **reply_to,
    }


@contextmanager
def _translated() -> Generator[None]:
    try:
        yield
    except HttpResponseError as error:
        raise _refusal(error) from None  # the original's text can quote the request
    except ServiceRequestError as error:
        # No connection was made; but the client says the same of TLS that breaks after the request.
        kind = MailUnclearError if isinstance(error.inner_exception, SSLError) else MailNotAcceptedError
        raise kind(type(error).__name__) from None
    except (AzureError, ValueError) as error:  # ValueError: accepted, with an answer that the client cannot read
        raise MailUnclearError(type(error).__name__) from None


def _refusal(error: HttpResponseError) -> MailNotAcceptedError | MailUnclearError | MailRefusedError:
    status = error.status_code or 0
    if status == 429:
        return MailNotAcceptedError("HTTP 429", retry_after(error))
    # Keys, clocks, domains and sender addresses are for people to correct; nor do 408 and 409 concern the message.
    if status in {401, 403, 404} or (status == 400 and _code(error) in _SET_UP):
        return MailSetUpError(" ".join(filter(None, (f"HTTP {status}", _code(error)))))
    if status in {408, 409}:
        return MailNotAcceptedError(f"HTTP {status}")
    if 400 <= status < 500:
        return MailRefusedError(f"HTTP {status}")
    return MailUnclearError(f"HTTP {status}")


def _code(error: HttpResponseError) -> str:
    """The error's code where it is one that people correct; any other text may quote the request."""
    headers = getattr(error.response, "headers", None) or {}
    code = str(headers.get("x-ms-error-code", ""))
    return code if code in _SET_UP else ""


def retry_after(error: HttpResponseError) -> timedelta | None:
    """The wait that an answer asks for, an hour at most; None if it asks for none."""
    headers = getattr(error.response, "headers", None) or {}
    value = str(headers.get("Retry-After", ""))
    # Quotas are per hour: a longer pause would hold up every other email for nothing.
    return min(timedelta(seconds=int(value[:6])), _MAX_RETRY_AFTER) if value.isdecimal() else None
