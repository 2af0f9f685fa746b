"""The adapter of the email port for GOV.UK Notify.

`reference` is our operation id. It is not unique there: two posts with one reference are two emails, so each email is
posted once, and asked about before it is posted again.
"""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from requests import RequestException, Response, Session
from requests.exceptions import ConnectTimeout
from urllib3.exceptions import NewConnectionError

from shared.mail.delivery_reports import reported_status
from shared.mail.message import (
    EmailMessage,
    MailNotAcceptedError,
    MailRefusedError,
    MailStatus,
    MailUnclearError,
)
from shared.mail.services.notify.answers import error_of

TIMEOUTS = (5, 35)
"""Seconds to connect and to read: Notify cuts a request off after 30."""

LARGEST_BODY = 2_000_000
"""Bytes. Notify answers a larger body as it answers a wrong set-up, so it is never posted."""

_SHORTEST_RETENTION = 3  # days: Notify allows none below
_STATUS = {
    "delivered": MailStatus.HANDED_OVER,
    "permanent-failure": MailStatus.FAILED,
    "temporary-failure": MailStatus.FAILED,
    "technical-failure": MailStatus.FAILED,
}
_BEST_FIRST = (MailStatus.HANDED_OVER, MailStatus.UNDER_WAY, MailStatus.FAILED)


@dataclass(frozen=True, slots=True)
class NotifyMailSender:
    """Sends with one template, whose subject and body are placeholders. `session` is shared between threads."""

    session: Session
    endpoint: str
    template_id: UUID
    reply_to_id: UUID | None = None

    @property
    def remembered_days(self) -> int | None:
        return _SHORTEST_RETENTION

    def send(self, message: EmailMessage, *, operation_id: UUID) -> None:
        if not message.markdown.strip() or len(message.markdown.encode()) > LARGEST_BODY:
            raise MailRefusedError("body-size")
        posted: dict[str, Any] = {
            "email_address": message.to,
            "template_id": str(self.template_id),
            "personalisation": {"subject": message.subject, "body": message.markdown},
            "reference": str(operation_id),
        }
        if self.reply_to_id is not None:
            posted["email_reply_to_id"] = str(self.reply_to_id)
        with _translated():
            answer = self._request("POST", "/v2/notifications/email", json=posted)
            if answer.json()["reference"] != str(operation_id):
                raise MailUnclearError("another reference")

    def status(self, operation_id: UUID) -> MailStatus | None:
        known = {_STATUS.get(each, MailStatus.UNDER_WAY) for each in self._statuses(operation_id)}
        return next((each for each in _BEST_FIRST if each in known), None)

    def report(self, operation_id: UUID) -> str | None:
        found = [word for each in self._statuses(operation_id) if (word := reported_status(each))]
        return min(found, key=lambda word: word != "delivered", default=None)

    def _statuses(self, operation_id: UUID) -> list[str]:
        """The status of each email with this reference: one, or two after a reference that was posted twice."""
        query = {"reference": str(operation_id), "template_type": "email"}
        with _translated():
            answer = self._request("GET", "/v2/notifications", params=query)
            return [str(each["status"]) for each in answer.json()["notifications"]]

    def _request(self, method: str, path: str, **options: Any) -> Response:
        url = self.endpoint.rstrip("/") + path
        answer = self.session.request(method, url, timeout=TIMEOUTS, allow_redirects=False, **options)
        if not 200 <= answer.status_code < 300:
            raise error_of(answer)
        return answer


@contextmanager
def _translated() -> Generator[None]:
    """Turns an error of the client into one of the port; its text, which can quote the request, is dropped."""
    try:
        yield
    except RequestException as error:
        if reason := _not_sent(error):
            raise MailNotAcceptedError(reason) from None
        raise MailUnclearError(type(error).__name__) from None
    except (ValueError, LookupError, TypeError) as error:  # accepted, with an answer that cannot be read
        raise MailUnclearError(type(error).__name__) from None


def _not_sent(error: RequestException) -> str:
    """The name of the error if no connection was made, a failed handshake of TLS included; "" if one was."""
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    if isinstance(reason, NewConnectionError):
        return type(reason.__cause__ or error).__name__
    return type(error).__name__ if isinstance(error, ConnectTimeout) else ""
