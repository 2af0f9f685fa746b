from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from azure.communication.email import EmailClient
from azure.core.exceptions import HttpResponseError

from local.mail import Emulator
from tests.integration.mail_emulator.email_client import ask, send, status
from tests.unit.local.mail.message_builders import a_message


def test_an_unknown_operation_is_not_found(emulator: Emulator, client: EmailClient) -> None:
    answer = ask(client, str(uuid4()))
    assert (answer.status_code, answer.headers["x-ms-error-code"]) == (404, "NotFound")
    assert set(answer.json()["error"]) == {"code", "message", "target", "details", "innererror"}


def test_a_refused_message_leaves_no_operation(emulator: Emulator, client: EmailClient) -> None:
    operation_id = str(uuid4())
    with pytest.raises(HttpResponseError):
        send(client, {}, operation_id=operation_id)
    assert ask(client, operation_id).status_code == 404


def test_an_accepted_operation_is_unknown_until_the_lag_is_over(
    emulator: Emulator, client: EmailClient, advance: Callable[[timedelta], None]
) -> None:
    emulator.settings({"status_lag": 60})
    operation_id = send(client)
    advance(timedelta(seconds=59))
    assert ask(client, operation_id).status_code == 404
    advance(timedelta(seconds=2))
    assert status(client, operation_id) == "Succeeded"


def test_an_operation_runs_as_long_as_the_emulator_is_told(
    emulator: Emulator, client: EmailClient, advance: Callable[[timedelta], None]
) -> None:
    emulator.settings({"running_for": 60, "poll_after": 7})
    operation_id = send(client)
    running = ask(client, operation_id)
    assert (running.json()["status"], running.headers["retry-after"]) == ("Running", "7")
    advance(timedelta(seconds=61))
    assert status(client, operation_id) == "Succeeded"


@pytest.mark.parametrize("final", ["NotStarted", "Running", "Canceled"])
def test_an_operation_can_be_made_to_stop_at_any_status(emulator: Emulator, client: EmailClient, final: str) -> None:
    emulator.faults([{"kind": "final", "final": final}])
    assert status(client, send(client)) == final


def test_a_failed_operation_says_why_and_delivers_nothing(emulator: Emulator, client: EmailClient) -> None:
    emulator.faults([{"kind": "final", "final": "Failed", "code": "EmailDroppedAllRecipientsSuppressed"}])
    answer = ask(client, send(client))
    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["error"]["code"]) == (
        "Failed",
        "EmailDroppedAllRecipientsSuppressed",
    )
    assert emulator.messages() == []


def test_a_polling_client_gets_to_the_end(emulator: Emulator, client: EmailClient) -> None:
    emulator.settings({"poll_after": 0})
    assert client.begin_send(a_message(), polling_interval=0).result(10)["status"] == "Succeeded"


def test_a_polling_client_is_told_of_a_failure(emulator: Emulator, client: EmailClient) -> None:
    emulator.settings({"poll_after": 0})
    emulator.faults([{"kind": "final", "final": "Failed"}])
    with pytest.raises(HttpResponseError) as failed:
        client.begin_send(a_message(), polling_interval=0).result(10)
    assert failed.value.error is not None
    assert (failed.value.status_code, failed.value.error.code) == (200, "EmailDropped")


def test_a_repeated_operation_id_sends_one_mail_where_repeats_are_recognised(
    emulator: Emulator, client: EmailClient
) -> None:
    operation_id = str(uuid4())
    assert [send(client, operation_id=operation_id) for _ in range(2)] == [operation_id] * 2
    assert len(emulator.messages()) == 1


def test_the_letter_case_of_an_operation_id_does_not_matter(emulator: Emulator, client: EmailClient) -> None:
    operation_id = str(uuid4())
    send(client, operation_id=operation_id.upper())
    send(client, operation_id=operation_id)
    assert len(emulator.messages()) == 1


def test_a_repeated_operation_id_sends_two_mails_where_repeats_are_not_recognised(
    emulator: Emulator, client: EmailClient
) -> None:
    emulator.settings({"repeat": "duplicate"})
    operation_id = str(uuid4())
    for _ in range(2):
        send(client, operation_id=operation_id)
    assert [mail["operationId"] for mail in emulator.messages()] == [operation_id] * 2


def test_a_validated_message_id_stops_a_repeat_where_the_operation_id_does_not(
    emulator: Emulator, client: EmailClient
) -> None:
    emulator.settings({"repeat": "duplicate"})
    operation_id = str(uuid4())
    message = a_message(headers={"Message-ID": "<7f1c@trust.test>", "x-ms-acsemail-validate-message-id": "true"})
    send(client, message, operation_id=operation_id)
    with pytest.raises(HttpResponseError):
        send(client, message, operation_id=operation_id)
    assert len(emulator.messages()) == 1
