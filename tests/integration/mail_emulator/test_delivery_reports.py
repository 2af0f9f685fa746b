import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue
from typing import Any, ClassVar

import pytest
from azure.communication.email import EmailClient

from local.mail import Emulator
from tests.integration.mail_emulator.email_client import send
from tests.unit.local.mail.message_builders import a_message, to


class Webhook(BaseHTTPRequestHandler):
    """Takes events, answering each post with the next status of `answers`, or 200."""

    events: ClassVar[Queue[dict[str, Any]]]
    answers: ClassVar[list[int]]

    def do_POST(self) -> None:
        batch = json.loads(self.rfile.read(int(self.headers["content-length"])))
        assert self.headers["aeg-event-type"] == "Notification"
        status = self.answers.pop(0) if self.answers else 200
        self.send_response(status)
        self.end_headers()
        if status == 200:
            for event in batch:
                self.events.put(event)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the method it replaces
        """Keeps quiet."""


@pytest.fixture
def webhook(emulator: Emulator) -> Iterator[type[Webhook]]:
    Webhook.events, Webhook.answers = Queue(), []
    with HTTPServer(("127.0.0.1", 0), Webhook) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        emulator.settings({"report_webhook": f"http://127.0.0.1:{server.server_port}/events?code=key"})
        yield Webhook
        emulator.reset()
        server.shutdown()
        thread.join()


def statuses(webhook: type[Webhook], number: int) -> list[tuple[str, str]]:
    found = [webhook.events.get(timeout=60)["data"] for _ in range(number)]
    return [(data["recipient"], data["status"]) for data in found]


def test_every_recipient_is_reported_delivered(emulator: Emulator, client: EmailClient, webhook: type[Webhook]) -> None:
    operation_id = send(client, a_message(recipients=to("ada@staff.test", "bob@staff.test")))
    events = [webhook.events.get(timeout=60) for _ in range(2)]
    assert {event["data"]["messageId"] for event in events} == {operation_id}
    assert [(event["data"]["recipient"], event["data"]["status"]) for event in events] == [
        ("ada@staff.test", "Delivered"),
        ("bob@staff.test", "Delivered"),
    ]


def test_a_mail_can_bounce_after_it_was_sent(emulator: Emulator, client: EmailClient, webhook: type[Webhook]) -> None:
    emulator.faults([{"kind": "report", "report": "Bounced", "recipient": "bob@"}])
    send(client)
    send(client, a_message(recipients=to("bob@staff.test")))
    assert sorted(statuses(webhook, 2)) == [("ada@staff.test", "Delivered"), ("bob@staff.test", "Bounced")]


def test_reports_can_come_twice_and_out_of_order(
    emulator: Emulator, client: EmailClient, webhook: type[Webhook]
) -> None:
    emulator.faults([{"kind": "report", "report": ["Delivered", "Expanded", "Delivered"]}])
    send(client)
    assert [status for _, status in statuses(webhook, 3)] == ["Delivered", "Expanded", "Delivered"]


def test_a_report_that_is_not_taken_is_posted_again(
    emulator: Emulator, client: EmailClient, webhook: type[Webhook]
) -> None:
    webhook.answers.append(503)
    send(client)
    assert statuses(webhook, 1) == [("ada@staff.test", "Delivered")]


def test_a_failed_operation_and_an_unreported_mail_have_no_report(
    emulator: Emulator, client: EmailClient, webhook: type[Webhook]
) -> None:
    emulator.faults([{"kind": "final", "final": "Failed"}])
    send(client)
    emulator.faults([{"kind": "report", "report": []}])
    send(client)
    send(client, a_message(recipients=to("bob@staff.test")))
    assert statuses(webhook, 1) == [("bob@staff.test", "Delivered")]
    assert webhook.events.empty()
