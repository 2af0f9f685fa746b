import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from azure.communication.email import EmailClient
from azure.core.exceptions import (
    HttpResponseError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
)

from local.mail import Emulator
from tests.integration.mail_emulator.email_client import ask, header, send, status
from tests.unit.local.mail.message_builders import a_message, to


def refusal(client: EmailClient, operation_id: str | None = None) -> HttpResponseError:
    with pytest.raises(HttpResponseError) as refused:
        send(client, operation_id=operation_id)
    return refused.value


def test_a_fault_before_acceptance_sends_nothing(emulator: Emulator, client: EmailClient) -> None:
    operation_id = str(uuid4())
    emulator.faults([{"kind": "status", "status": 503}])
    assert refusal(client, operation_id).status_code == 503
    assert ask(client, operation_id).status_code == 404
    assert send(client, operation_id=operation_id) == operation_id
    assert len(emulator.messages()) == 1


def test_a_fault_after_acceptance_sends_the_mail_all_the_same(emulator: Emulator, client: EmailClient) -> None:
    operation_id = str(uuid4())
    emulator.faults([{"kind": "status_after", "status": 500}])
    assert refusal(client, operation_id).status_code == 500
    assert status(client, operation_id) == "Succeeded"
    assert [mail["operationId"] for mail in emulator.messages()] == [operation_id]


def test_a_fault_says_how_long_to_wait(emulator: Emulator, client: EmailClient) -> None:
    emulator.faults([{"kind": "status", "status": 429, "retry_after": 300, "count": 2}])
    for _ in range(2):
        refused = refusal(client)
        assert refused.error is not None
        assert (refused.error.code, header(refused, "Retry-After")) == ("TooManyRequests", "300")
    send(client)


def test_a_fault_carries_the_code_it_is_given(emulator: Emulator, client: EmailClient) -> None:
    emulator.faults([{"kind": "status", "status": 400, "code": "EmailDroppedAllRecipientsSuppressed"}])
    error = refusal(client).error
    assert error is not None
    assert error.code == "EmailDroppedAllRecipientsSuppressed"


@pytest.mark.parametrize(("kind", "delivered"), [("drop_before", 0), ("drop_after", 1)])
def test_a_dropped_connection_leaves_the_client_in_doubt(
    emulator: Emulator, client: EmailClient, kind: str, delivered: int
) -> None:
    operation_id = str(uuid4())
    emulator.faults([{"kind": kind}])
    with pytest.raises(ServiceResponseError) as broken:
        send(client, operation_id=operation_id)
    assert not isinstance(broken.value, ServiceResponseTimeoutError)
    assert len(emulator.messages()) == delivered
    assert ask(client, operation_id).status_code == (200 if delivered else 404)


def test_a_dropped_connection_does_not_harm_the_next_request(emulator: Emulator, client: EmailClient) -> None:
    emulator.faults([{"kind": "drop_before", "count": 3}])
    for _ in range(3):
        with pytest.raises(ServiceResponseError):
            send(client)
    send(client)


@pytest.mark.parametrize("kind", ["delay", "delay_after"])
def test_a_slow_answer_makes_the_client_give_up_though_the_mail_is_sent(
    emulator: Emulator, client: EmailClient, kind: str
) -> None:
    emulator.faults([{"kind": kind, "seconds": 1}])
    with pytest.raises(ServiceResponseTimeoutError):
        send(client, read_timeout=0.1)
    deadline = time.monotonic() + 10
    while not emulator.messages() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(emulator.messages()) == 1


def test_a_reset_forgets_a_request_that_is_still_held_up(emulator: Emulator, client: EmailClient) -> None:
    emulator.faults([{"kind": "delay", "seconds": 1.5}])
    with ThreadPoolExecutor() as pool:
        held_up = pool.submit(send, client)
        while emulator.waiting_faults():
            time.sleep(0.01)
        emulator.reset()
        with pytest.raises(ServiceResponseError):
            held_up.result(10)
    assert (emulator.messages(), emulator.requests()["send"]) == ([], 0)


def test_the_default_client_turns_an_error_after_acceptance_into_two_mails(
    emulator: Emulator, client: EmailClient
) -> None:
    emulator.faults([{"kind": "status_after", "status": 503}])
    client.begin_send(a_message(), polling=False, retry_total=3)
    assert emulator.requests() == {"send": 2, "send_accepted": 2, "send_refused": 0, "status": 0}
    assert len(emulator.messages()) == 2


def test_a_fault_may_say_its_wait_as_a_date(emulator: Emulator, client: EmailClient) -> None:
    date = "Sun, 22 Nov 2026 18:47:04 GMT"
    emulator.faults([{"kind": "status", "status": 429, "retry_after": date}])
    assert header(refusal(client), "Retry-After") == date


def test_a_fault_meets_only_the_mail_it_is_meant_for(emulator: Emulator, client: EmailClient) -> None:
    emulator.faults([{"kind": "status", "status": 503, "recipient": "bob@"}])
    send(client)
    with pytest.raises(HttpResponseError):
        send(client, a_message(recipients=to("bob@staff.test")))


def test_an_invalid_message_does_not_use_up_a_fault(emulator: Emulator, client: EmailClient) -> None:
    emulator.faults([{"kind": "status", "status": 503}])
    with pytest.raises(HttpResponseError):
        send(client, {})
    assert emulator.waiting_faults() == [{"kind": "status", "status": 503}]


@pytest.mark.parametrize(
    ("fault", "answer"),
    [
        ({"kind": "status", "status": 429, "retry_after": 5}, 429),
        ({"kind": "status", "status": 404}, 404),
        ({"kind": "status_after", "status": 503}, 503),
    ],
)
def test_a_status_request_can_be_answered_with_a_fault(
    emulator: Emulator, client: EmailClient, fault: dict[str, Any], answer: int
) -> None:
    operation_id = send(client)
    emulator.faults([{"on": "status", **fault}])
    assert [ask(client, operation_id).status_code for _ in range(2)] == [answer, 200]


def test_a_status_request_can_be_dropped(emulator: Emulator, client: EmailClient) -> None:
    operation_id = send(client)
    emulator.faults([{"on": "status", "kind": "drop_before"}])
    with pytest.raises(ServiceResponseError):
        ask(client, operation_id)


def test_deleted_faults_are_gone(emulator: Emulator, client: EmailClient) -> None:
    emulator.faults([{"kind": "status", "status": 503, "count": None}])
    emulator.clear_faults()
    send(client)
    assert emulator.waiting_faults() == []
