from datetime import UTC, datetime

from local.mail.mailbox import Mailbox, Operation, Submission
from local.mail.message import read_message
from local.mail.reports import report_events
from tests.unit.local.mail.message_builders import SENDER, a_message, to

NOW = datetime(2023, 9, 8, 14, 0, 5, tzinfo=UTC)
OPERATION = "8f0b9f6e-6f0e-4f6b-9d6e-0d6a3c1b2a10"


def events(*reports: str, addresses: tuple[str, ...] = ("ada@staff.test",)) -> list[dict[str, object]]:
    posted = a_message(recipients=to(*addresses), headers={"Message-ID": "<one@trust.test>"})
    submission = Submission(read_message(posted, [SENDER]), (), posted)
    mail = Mailbox().accept(Operation(OPERATION, NOW, submission), NOW)
    mail.reports = list(reports)
    return report_events(mail, NOW)


def test_a_report_has_the_shape_that_event_grid_posts() -> None:
    (event,) = events("Bounced")
    assert event.pop("id")
    assert event == {
        "topic": "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local"
        "/providers/Microsoft.Communication/communicationServices/local",
        "subject": f"sender/{SENDER}/message/{OPERATION}",
        "eventType": "Microsoft.Communication.EmailDeliveryReportReceived",
        "dataVersion": "1.0",
        "metadataVersion": "1",
        "eventTime": "2023-09-08T14:00:05+00:00",
        "data": {
            "sender": SENDER,
            "recipient": "ada@staff.test",
            "internetMessageId": "<one@trust.test>",
            "messageId": OPERATION,
            "status": "Bounced",
            "deliveryStatusDetails": {
                "statusMessage": "550 5.1.1 The recipient's address does not exist",
                "recipientMailServerHostName": "staff.test",
            },
            "deliveryAttemptTimestamp": "2023-09-08T14:00:05+00:00",
        },
    }


def test_each_recipient_gets_a_report_of_each_status_in_the_order_asked_for() -> None:
    found = [event["data"] for event in events("Delivered", "Expanded", addresses=("a@staff.test", "b@staff.test"))]
    assert [(data["status"], data["recipient"]) for data in found if isinstance(data, dict)] == [
        ("Delivered", "a@staff.test"),
        ("Delivered", "b@staff.test"),
        ("Expanded", "a@staff.test"),
        ("Expanded", "b@staff.test"),
    ]


def test_events_sent_twice_are_told_apart_by_their_ids() -> None:
    assert len({event["id"] for event in events("Delivered", "Delivered")}) == 2
