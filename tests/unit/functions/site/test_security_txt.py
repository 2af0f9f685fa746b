"""`/.well-known/security.txt`: whom to tell of a weakness, in the form of RFC 9116."""

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import azure.functions as func
import pytest
from pydantic import ValidationError

import functions.site.health
import functions.site.security_txt
import shared.bootstrap
from functions.site.health import health, health_details
from functions.site.security_txt import get_security_txt
from shared.content.content import Content
from shared.content.content_models import BankHolidays, Security
from shared.timer.marks import Heartbeat
from shared.timer.run_report import RunReport
from tests.fakes import FakeClock, FakeTable
from tests.unit.functions import http_requests

CHECKED = datetime(2026, 3, 1, tzinfo=UTC)
EXPIRES = CHECKED + timedelta(days=364)
SECURITY = Security(
    contacts=("https://trust.example/report", "mailto:security@trust.example"),
    languages=("en", "cy"),
    checked_on=CHECKED.date(),
)

HOLIDAYS = BankHolidays(days=(date(2023, 12, 25),), known_until=date(2099, 12, 31))


@dataclass
class FakeServices:
    content: Content
    now: FakeClock
    site_url: str = "https://support.example"
    table: FakeTable = field(default_factory=FakeTable)
    referrals: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(grace_weekdays=3))

    @property
    def heartbeat(self) -> Heartbeat:
        return Heartbeat(self.table)


@pytest.fixture
def services(content: Content, monkeypatch: pytest.MonkeyPatch) -> FakeServices:
    services = FakeServices(
        content.model_copy(update={"security": SECURITY, "bank_holidays": HOLIDAYS}), FakeClock(CHECKED)
    )
    for module in (functions.site.health, functions.site.security_txt, shared.bootstrap):
        monkeypatch.setattr(module, "services", lambda: services)
    return services


def test_it_has_the_fields_of_the_standard_as_plain_text_in_utf_8(services: FakeServices) -> None:
    answer = get_security_txt(http_requests.get())

    assert isinstance(answer, func.HttpResponse)
    assert (answer.status_code, answer.mimetype, answer.charset) == (200, "text/plain", "utf-8")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.get_body().decode() == (
        "Contact: https://trust.example/report\n"
        "Contact: mailto:security@trust.example\n"
        "Expires: 2027-02-28T00:00:00Z\n"
        "Preferred-Languages: en, cy\n"
        "Canonical: https://support.example/.well-known/security.txt\n"
    )


@pytest.mark.parametrize("checked_on", [date(2023, 3, 1), date(2024, 2, 29), date(2026, 11, 30)])
def test_it_is_good_for_less_than_a_year_after_someone_checked_it(checked_on: date) -> None:
    security = SECURITY.model_copy(update={"checked_on": checked_on})

    assert timedelta(days=360) < security.expires - checked_on < timedelta(days=365)


@pytest.mark.parametrize(
    "changes",
    [
        {"contacts": ()},
        {"contacts": ("security@trust.example",)},
        {"contacts": ("http://trust.example/report",)},
        {"contacts": ("mailto:a@trust.example\nExpires: 2099-01-01T00:00:00Z",)},
        {"contacts": ("mailto:a@trust.example\rContact:",)},
        {"languages": ()},
        {"languages": ("en\nContact: mailto:me@evil.example",)},
        {"languages": ("English, please",)},
        {"checked_on": "soon"},
    ],
)
def test_what_is_no_contact_or_would_add_a_line_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Security.model_validate(SECURITY.model_dump() | changes)


@pytest.mark.parametrize(
    ("moment", "named"),
    [
        (EXPIRES - timedelta(days=30), False),
        (EXPIRES - timedelta(days=30) + timedelta(seconds=1), True),
        (EXPIRES + timedelta(days=400), True),
    ],
)
def test_the_details_of_the_health_check_name_it_from_thirty_days_before_it_expires(
    services: FakeServices, moment: datetime, named: bool
) -> None:
    services.now = FakeClock(moment)
    services.heartbeat.beat(RunReport(at=moment))

    details = json.loads(health_details(http_requests.get()).get_body())

    problem = {"security_txt": {"expires": "2027-02-28T00:00:00Z"}}
    assert details == ({"status": "unhealthy"} | problem if named else {"status": "healthy"})
    assert json.loads(health(http_requests.get()).get_body()) == {"status": "healthy"}


@pytest.mark.parametrize(("ahead", "named"), [(90, False), (89, True), (-400, True)])
def test_the_details_name_the_end_of_the_bank_holidays_from_ninety_days_before(
    services: FakeServices, ahead: int, named: bool
) -> None:
    known_until = CHECKED.date() + timedelta(days=ahead)
    holidays = BankHolidays(days=(date(2020, 12, 25),), known_until=known_until)
    services.content = services.content.model_copy(update={"bank_holidays": holidays})
    services.heartbeat.beat(RunReport(at=CHECKED))

    details = json.loads(health_details(http_requests.get()).get_body())

    problem = {"bank_holidays": {"known_until": known_until.isoformat()}}
    assert details == ({"status": "unhealthy"} | problem if named else {"status": "healthy"})
    assert json.loads(health(http_requests.get()).get_body()) == {"status": "healthy"}
