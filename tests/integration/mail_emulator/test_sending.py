import base64
from typing import Any
from uuid import UUID, uuid4

import pytest
from azure.communication.email import EmailClient
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from azure.core.rest import HttpRequest

from local.mail import Emulator
from tests.integration.mail_emulator.email_client import ask, header, send, status
from tests.unit.local.mail.message_builders import a_file, a_message, to

TEXT = {"subject": "Your place", "plainText": "See you."}


def test_a_sent_mail_is_in_the_inbox_as_it_was_posted(emulator: Emulator, client: EmailClient) -> None:
    posted = a_message(attachments=[a_file()], headers={"X-Kind": "confirmation"})
    operation_id = send(client, posted)
    assert emulator.messages() == [{**posted, "operationId": operation_id, "time": "2023-09-08T14:00:00+00:00"}]


def test_the_answer_to_a_post_is_a_running_operation(emulator: Emulator, client: EmailClient) -> None:
    seen: list[Any] = []
    operation_id = str(uuid4())
    client.begin_send(a_message(), polling=False, operation_id=operation_id, raw_response_hook=seen.append)
    answer = seen[0].http_response
    where = f"{emulator.url}/emails/operations/{operation_id}?api-version=2025-09-01"
    assert answer.status_code == 202
    assert answer.json() == {"id": operation_id, "status": "Running", "error": None}
    assert (answer.headers["Operation-Location"], answer.headers["retry-after"]) == (where, "30")
    assert answer.headers["x-ms-client-request-id"] == seen[0].http_request.headers["x-ms-client-request-id"]


def test_an_operation_id_is_made_up_where_none_is_given(emulator: Emulator, client: EmailClient) -> None:
    made_up = client.begin_send(a_message(), polling=False).result()["id"]
    assert str(UUID(made_up)) == made_up
    assert status(client, made_up) == "Succeeded"


@pytest.mark.parametrize("operation_id", ["not-a-uuid", "{8f0b9f6e-6f0e-4f6b-9d6e-0d6a3c1b2a10}", "8f0b9f6e"])
def test_an_operation_id_that_is_no_uuid_is_refused(emulator: Emulator, client: EmailClient, operation_id: str) -> None:
    with pytest.raises(HttpResponseError) as refused:
        send(client, operation_id=operation_id)
    assert refused.value.status_code == 400
    assert emulator.messages() == []


def test_a_client_with_another_key_is_denied(emulator: Emulator) -> None:
    stranger = AzureKeyCredential(base64.b64encode(b"another key").decode())
    with (
        EmailClient(emulator.url, stranger, retry_total=0) as client,
        pytest.raises(ClientAuthenticationError) as refused,
    ):
        send(client)
    assert refused.value.error is not None
    assert refused.value.error.code == "Denied"
    assert emulator.requests()["send_refused"] == 1


def test_a_status_request_needs_the_key_too(emulator: Emulator, client: EmailClient) -> None:
    operation_id = send(client)
    stranger = AzureKeyCredential(base64.b64encode(b"another key").decode())
    with EmailClient(emulator.url, stranger, retry_total=0) as other:
        assert ask(other, operation_id).status_code == 401


@pytest.mark.parametrize(
    ("version", "code"), [("2019-01-01", "UnsupportedApiVersionValue"), ("", "MissingApiVersionParameter")]
)
def test_an_api_version_that_the_service_does_not_have_is_refused(
    emulator: Emulator, client: EmailClient, version: str, code: str
) -> None:
    answer = client.send_request(HttpRequest("POST", "/emails:send", params={"api-version": version}, json=a_message()))
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


@pytest.mark.parametrize(
    ("changes", "target"),
    [
        ({"senderAddress": None}, "senderAddress"),
        ({"content": None}, "content"),
        ({"content": {"plainText": "See you."}}, "content.subject"),
        ({"content": {**TEXT, "subject": "Your\nplace"}}, "content.subject"),
        ({"content": {"subject": "Your place"}}, "content"),
        ({"recipients": None}, "recipients"),
        ({"recipients": to()}, "recipients"),
        ({"recipients": to(*["ada@staff.test"] * 51)}, "recipients"),
        ({"recipients": to("ada")}, "recipients.to[0].address"),
        ({"attachments": [a_file(contentInBase64="?")]}, "attachments[0]"),
        ({"attachments": [a_file(contentType="application/x-sh")]}, "attachments[0]"),
        ({"subject": "in the wrong place"}, "subject"),
    ],
)
def test_the_client_is_told_what_is_wrong_with_a_message(
    emulator: Emulator, client: EmailClient, changes: dict[str, Any], target: str
) -> None:
    with pytest.raises(HttpResponseError) as refused:
        send(client, a_message(**changes))
    error = refused.value.error
    assert error is not None
    assert (refused.value.status_code, error.code, error.target) == (400, "BadRequest", target)
    assert header(refused.value, "x-ms-error-code") == "BadRequest"
    assert emulator.messages() == []


def test_a_body_that_is_no_json_is_refused(emulator: Emulator, client: EmailClient) -> None:
    request = HttpRequest("POST", "/emails:send", params={"api-version": "2025-09-01"}, content="{")
    assert client.send_request(request).status_code == 400


def test_a_sender_of_a_domain_that_is_not_linked_is_refused(emulator: Emulator, client: EmailClient) -> None:
    with pytest.raises(ResourceNotFoundError, match="DomainNotLinked"):
        send(client, a_message(senderAddress="no-reply@elsewhere.test"))


def test_a_request_of_more_than_ten_megabytes_is_refused(emulator: Emulator, client: EmailClient) -> None:
    largest = 10 * 1024 * 1024
    frame = len(client_json(a_message(attachments=[a_file(contentInBase64="")])))
    fits = "A" * ((largest - frame) // 4 * 4)
    send(client, a_message(attachments=[a_file(contentInBase64=fits)]))
    with pytest.raises(HttpResponseError) as refused:
        send(client, a_message(attachments=[a_file(contentInBase64=fits + "AAAA")]))
    assert refused.value.status_code == 400
    assert len(emulator.messages()) == 1


def client_json(message: dict[str, Any]) -> str:
    content = HttpRequest("POST", "/", json=message).content
    assert isinstance(content, str)
    return content


def test_a_bad_attachment_is_left_out_where_the_header_asks_for_it(emulator: Emulator, client: EmailClient) -> None:
    suppress = {"x-ms-acsemail-suppress-invalid-attachment": "true"}
    send(client, a_message(attachments=[a_file(contentInBase64="?")], headers=suppress))
    assert len(emulator.messages()) == 1


def test_a_validated_message_id_is_good_for_one_mail(emulator: Emulator, client: EmailClient) -> None:
    validated = {"Message-ID": "<7f1c@trust.test>", "x-ms-acsemail-validate-message-id": "true"}
    send(client, a_message(headers=validated))
    with pytest.raises(HttpResponseError) as refused:
        send(client, a_message(headers=validated))
    assert refused.value.status_code == 400
    assert len(emulator.messages()) == 1


def test_a_malformed_message_id_is_refused_only_where_validation_is_asked_for(
    emulator: Emulator, client: EmailClient
) -> None:
    send(client, a_message(headers={"Message-ID": "7f1c"}))
    with pytest.raises(HttpResponseError):
        send(client, a_message(headers={"Message-ID": "7f1c", "x-ms-acsemail-validate-message-id": "true"}))
    assert len(emulator.messages()) == 1
