"""The two requests, made through the real client."""

from typing import Any
from uuid import uuid4

from azure.communication.email import EmailClient
from azure.core.exceptions import HttpResponseError
from azure.core.rest import HttpRequest, HttpResponse

from tests.unit.local.mail.message_builders import a_message


def send(
    client: EmailClient, message: dict[str, Any] | None = None, *, operation_id: str | None = None, **options: Any
) -> str:
    """Sends once and returns the operation id that the emulator answered with."""
    posted = a_message() if message is None else message
    poller = client.begin_send(posted, polling=False, operation_id=operation_id or str(uuid4()), **options)
    return str(poller.result()["id"])


def ask(client: EmailClient, operation_id: str) -> HttpResponse:
    path = f"/emails/operations/{operation_id}"
    return client.send_request(HttpRequest("GET", path, params={"api-version": "2025-09-01"}))


def status(client: EmailClient, operation_id: str) -> str:
    answer = ask(client, operation_id)
    answer.raise_for_status()
    return str(answer.json()["status"])


def header(error: HttpResponseError, name: str) -> str | None:
    """A header of the answer that the error was made of."""
    # The library's type for the response leaves the headers out.
    answer: Any = error.response
    value: str | None = answer.headers.get(name)
    return value
