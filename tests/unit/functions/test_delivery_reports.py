"""Delivery reports: only id, status and time are read."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from functions.delivery_reports import read_report
from shared.mail.delivery_reports import DeliveryReport

REPORTED = "Microsoft.Communication.EmailDeliveryReportReceived"
OPERATION = "0b67adfa-5e5c-4b4e-9f5e-1c2d3e4f5a6b"
DATA = {
    "sender": "sender@trust.example",
    "recipient": "canary@provider.example",
    "internetMessageId": "<canary@mail.example>",
    "messageId": OPERATION,
    "status": "Bounced",
    "deliveryStatusDetails": {"statusMessage": "550 canary", "recipientMailServerHostName": "canary.example"},
}


@pytest.mark.parametrize("name", ["deliveryAttemptTimeStamp", "deliveryAttemptTimestamp"])
@pytest.mark.parametrize("text", ["2023-09-01T09:00:00.1234567+00:00", "2023-09-01T10:00:00+01:00", "2023-09-01T09:00"])
def test_the_time_is_read_in_both_spellings(name: str, text: str) -> None:
    report = read_report(REPORTED, DATA | {name: text})

    assert report is not None
    assert report.at is not None
    assert report.at.replace(microsecond=0) == datetime(2023, 9, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "yesterday", None, 7])
def test_a_time_that_is_none_costs_the_report_nothing(text: object) -> None:
    report = read_report(REPORTED, DATA | {"deliveryAttemptTimeStamp": text})

    assert report == DeliveryReport(UUID(OPERATION), "bounced")


def test_nothing_but_id_status_and_time_is_kept() -> None:
    assert "canary" not in repr(read_report(REPORTED, DATA))


@pytest.mark.parametrize("data", [None, [], "x", {}, DATA | {"messageId": "canary"}, DATA | {"messageId": None}])
def test_what_names_no_mail_is_none(data: object) -> None:
    assert read_report(REPORTED, data) is None


def test_another_event_is_none() -> None:
    assert read_report("Microsoft.Communication.EmailEngagementTrackingReportReceived", DATA) is None
