"""Delivery reports: only id, status and time are read; of GOV.UK Notify nothing without its token."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import azure.functions as func
import pytest

import functions.delivery_reports
from functions.delivery_reports import notify_report, read_report
from shared.mail.delivery_reports import DeliveryReport
from shared.tables.table import StorageUnavailableError
from tests.builders import MORNING
from tests.unit.functions import http_requests

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


TOKEN, PREVIOUS = "t" * 43, "p" * 43
REPORT = {
    "id": "740e5834-3a29-46b4-9a6f-16142fde533a",
    "reference": OPERATION,
    "to": "canary@provider.example",
    "status": "permanent-failure",
    "created_at": "2023-09-01T09:00:00.000000Z",
    "completed_at": "2023-09-01T09:00:05.000000Z",
    "sent_at": "2023-09-01T09:00:01.000000Z",
    "notification_type": "email",
    "template_id": "f33517ff-2a88-4f6e-b855-c550268ce08a",
    "template_version": 1,
}


@dataclass
class FakeServices:
    """A worker; `taken` are the reports that it recorded, `fails` has storage not answer."""

    tokens: tuple[str, ...] = (TOKEN, PREVIOUS)
    taken: list[DeliveryReport] = field(default_factory=list)
    fails: bool = False
    is_known: bool = True

    @property
    def mail(self) -> Any:
        return self

    @property
    def callback_tokens(self) -> tuple[str, ...]:
        return self.tokens

    def now(self) -> datetime:
        return MORNING

    def record_report(self, report: DeliveryReport, now: datetime) -> bool:
        if self.fails:
            raise StorageUnavailableError("canary")
        self.taken.append(report)
        return self.is_known


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> FakeServices:
    services = FakeServices()
    monkeypatch.setattr(functions.delivery_reports, "services", lambda: services)
    return services


def answer_to(body: object, authorization: str = f"Bearer {TOKEN}") -> int:
    posted = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = notify_report(http_requests.post(posted, "application/json", authorization=authorization))
    assert isinstance(answer, func.HttpResponse)
    return int(answer.status_code)


def test_a_report_of_notify_is_recorded_in_the_words_that_reports_have(
    services: FakeServices, caplog: pytest.LogCaptureFixture
) -> None:
    for status in ("permanent-failure", "delivered", "temporary-failure", "technical-failure"):
        assert answer_to(REPORT | {"status": status}) == 204
    assert answer_to(REPORT, f"Bearer {PREVIOUS}") == 204

    words = ["bounced", "delivered", "failed", "failed", "bounced"]
    assert services.taken == [DeliveryReport(UUID(OPERATION), word) for word in words]
    assert "canary" not in caplog.text


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer ", TOKEN, f"Bearer {TOKEN}x", f"bearer {TOKEN[:-1]}", "Bearer \udc80", f"Basic {TOKEN}"],
)
def test_a_report_without_the_token_is_refused_before_its_body_is_read(
    services: FakeServices, authorization: str
) -> None:
    assert answer_to(b"{not json, and not looked at", authorization) == 401
    assert services.taken == []


def test_storage_that_fails_has_the_report_posted_again(services: FakeServices) -> None:
    services.fails = True

    assert answer_to(REPORT) == 503


def test_what_is_about_no_email_of_ours_or_not_final_is_taken_and_ignored(services: FakeServices) -> None:
    for changes in ({"reference": None}, {"reference": "a newsletter"}, {"status": "sending"}, {"status": None}):
        assert answer_to(REPORT | changes) == 204
    assert services.taken == []
    services.is_known = False

    assert answer_to(REPORT) == 204


@pytest.mark.parametrize(
    ("body", "status"), [(b"", 400), (b"{", 400), (b"[]", 400), (b"\xff", 400), (b"[" * 9000, 413), (b" " * 9000, 413)]
)
def test_a_body_that_is_no_report_is_refused(services: FakeServices, body: bytes, status: int) -> None:
    assert answer_to(body) == status


def test_without_notify_there_is_no_such_page(services: FakeServices) -> None:
    services.tokens = ()

    assert answer_to(REPORT) == 404
