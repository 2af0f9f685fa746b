"""`/health` says ready or not; `/health/details` tells what is wrong by name, and nothing of what was set."""

import json
import re
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import azure.functions as func
import pytest

import functions.site.health
import shared.bootstrap
from functions.site.health import health, health_details
from shared.bootstrap import Services
from shared.config.settings import Settings
from shared.content.content import Content, load_content
from shared.tables.table import Row, StorageUnavailableError
from shared.timer.marks import Heartbeat
from shared.timer.run_report import EMAIL_SET_UP, Failure, RunReport
from tests.builders import MORNING, ROOT
from tests.fakes import FakeClock, FakeTable
from tests.unit.functions import http_requests
from tests.unit.shared.config.test_settings import KEYS, WEB, WORKER

BAD = {
    "BOOKINGS_STORAGE": "canary-garbage",
    "BOOKINGS_STORAGE__tableServiceUri": "http://canary.example",
    "REFERRALS_STORAGE": "canary-garbage",
    "REFERRAL_PUBLIC_KEY": '{"kty": "RSA", "kid": "canary", "n": "!!", "e": "AQAB"}',
    "REFERRAL_PRIVATE_KEY": '{"kty": "RSA", "kid": "canary", "n": "canary", "e": "AQAB", "d": "canary"}',
    "EMAIL_ACCESS_KEY": "canary?",
    "EMAIL_SENDER": "",
}


class DeadTable(FakeTable):
    """A table that never answers."""

    def get(self, partition: str, key: str) -> Row | None:
        raise StorageUnavailableError("canary")


@dataclass
class FakeServices:
    """A service whose schedule last ran when `table` says so; its copy is read from `file` where there is one."""

    good: Content
    table: FakeTable = field(default_factory=FakeTable)
    referrals: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(grace_weekdays=3))
    now: FakeClock = field(default_factory=lambda: FakeClock(MORNING))
    file: Path | None = None

    @property
    def heartbeat(self) -> Heartbeat:
        return Heartbeat(self.table)

    @property
    def content(self) -> Content:
        return load_content(self.file) if self.file else self.good


@pytest.fixture
def services(content: Content, monkeypatch: pytest.MonkeyPatch) -> FakeServices:
    services = FakeServices(content)
    monkeypatch.setattr(functions.site.health, "services", lambda: services)
    return services


def health_answer(check: Any = health) -> tuple[int, dict[str, Any]]:
    answer = check(http_requests.get())
    assert isinstance(answer, func.HttpResponse)
    return answer.status_code, json.loads(answer.get_body())


def details_answer() -> tuple[int, dict[str, Any]]:
    return health_answer(health_details)


NOT_READY = 503, {"status": "unhealthy"}


def logged_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the log says of the service being unwell."""
    return [each.getMessage() for each in caplog.records if each.getMessage().startswith("not healthy: ")]


def test_a_service_whose_schedule_has_just_run_is_healthy(services: FakeServices) -> None:
    services.heartbeat.beat(RunReport(at=MORNING - timedelta(minutes=15)))

    assert health_answer() == (200, {"status": "healthy"})


def test_a_schedule_that_has_been_silent_for_16_minutes_is_told(
    services: FakeServices, caplog: pytest.LogCaptureFixture
) -> None:
    services.heartbeat.beat(RunReport(at=MORNING - timedelta(minutes=16)))

    assert health_answer() == NOT_READY
    assert logged_of(caplog) == ["not healthy: {'schedule': 'has not run for 15 minutes'}"]


def test_a_schedule_that_never_ran_is_told(services: FakeServices, caplog: pytest.LogCaptureFixture) -> None:
    assert health_answer() == NOT_READY
    assert logged_of(caplog) == ["not healthy: {'schedule': 'has never run'}"]


def test_storage_that_does_not_answer_is_told(services: FakeServices, caplog: pytest.LogCaptureFixture) -> None:
    services.table = DeadTable()

    assert health_answer() == NOT_READY
    assert logged_of(caplog) == ["not healthy: {'storage': 'does not answer'}"]


def failing(name: str, minutes: int) -> tuple[Failure, ...]:
    return (Failure(name=name, error="OverflowError", since=MORNING - timedelta(minutes=minutes)),)


@pytest.mark.parametrize("part", ["memory", "bookings", "referrals"])
def test_part_that_the_service_cannot_do_without_makes_it_unhealthy_after_three_runs(
    services: FakeServices, part: str, caplog: pytest.LogCaptureFixture
) -> None:
    services.heartbeat.beat(RunReport(at=MORNING, parts=failing(part, 16)))
    assert health_answer() == NOT_READY
    assert logged_of(caplog) == ["not healthy: {'schedule': 'has not done all its work for 15 minutes'}"]

    services.heartbeat.beat(RunReport(at=MORNING, parts=failing(part, 15)))
    assert health_answer() == (200, {"status": "healthy"})


def test_failing_session_and_secondary_part_are_in_the_details_only(services: FakeServices) -> None:
    report = RunReport(at=MORNING, parts=failing("retention", 60), sessions=failing("s1", 5), rosters=failing("s2", 10))
    services.heartbeat.beat(report)

    assert health_answer() == (200, {"status": "healthy"})
    assert details_answer() == (
        503,
        {
            "status": "unhealthy",
            "parts": [{"part": "retention", "error": "OverflowError", "since": "2023-09-01T07:00:00Z"}],
            "sessions": [{"session": "s1", "error": "OverflowError", "since": "2023-09-01T07:55:00Z"}],
            "tables": [
                {"table": "Bookings", "session": "s2", "error": "OverflowError", "since": "2023-09-01T07:50:00Z"}
            ],
        },
    )


def test_a_wrong_set_up_of_the_email_service_is_named_at_once(services: FakeServices) -> None:
    trial = Failure(name=EMAIL_SET_UP, error="HTTP 400 BadRequestError trial-mode", since=MORNING)
    services.heartbeat.beat(RunReport(at=MORNING, parts=(trial,)))

    wrong = {"status": "unhealthy", "email_set_up": "HTTP 400 BadRequestError trial-mode"}
    assert health_answer() == NOT_READY
    part = {"part": "email set-up", "error": "HTTP 400 BadRequestError trial-mode", "since": "2023-09-01T08:00:00Z"}
    assert details_answer() == (503, wrong | {"parts": [part]})


def test_details_of_a_healthy_service_are_that_it_is(services: FakeServices) -> None:
    services.heartbeat.beat(RunReport(at=MORNING - timedelta(minutes=15)))

    assert details_answer() == (200, {"status": "healthy"})


def test_details_tell_a_schedule_that_stopped_from_one_that_never_ran(services: FakeServices) -> None:
    assert details_answer() == (503, {"status": "unhealthy", "schedule": {"state": "has never run"}})

    services.heartbeat.beat(RunReport(at=MORNING - timedelta(minutes=16)))
    since = {"state": "did not run", "since": "2023-09-01T07:44:00Z"}
    assert details_answer() == (503, {"status": "unhealthy", "schedule": since})


def test_details_cost_one_request(services: FakeServices) -> None:
    services.heartbeat.beat(RunReport(at=MORNING, sessions=failing("s1", 5)))
    before = services.table.calls
    details_answer()

    assert services.table.calls - before == 1


def test_details_name_storage_that_does_not_answer(services: FakeServices) -> None:
    services.table = DeadTable()

    assert details_answer() == (503, {"status": "unhealthy", "storage": "does not answer"})


def test_row_of_an_earlier_release_is_a_heartbeat(services: FakeServices) -> None:
    services.table.put({"PartitionKey": "service", "RowKey": "heartbeat", "LastOk": "2023-09-01T08:00:00Z"})

    assert health_answer() == details_answer() == (200, {"status": "healthy"})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("canary = [", "the content file cannot be read: TOMLDecodeError"),
        (None, "the content file cannot be read: FileNotFoundError"),
    ],
)
def test_copy_that_cannot_be_read_is_told(services: FakeServices, tmp_path: Path, text: str | None, told: str) -> None:
    services.heartbeat.beat(RunReport(at=MORNING))
    services.file = tmp_path / "content.toml"
    if text is not None:
        services.file.write_text(text, "utf-8")

    assert health_answer() == NOT_READY
    assert details_answer() == (503, {"status": "unhealthy", "content": told})


def test_a_form_whose_referrals_could_not_all_have_one_size_is_told(services: FakeServices, tmp_path: Path) -> None:
    services.heartbeat.beat(RunReport(at=MORNING))
    text = (ROOT / "functions" / "content" / "mersey-care" / "en.toml").read_text("utf-8")
    services.file = tmp_path / "content.toml"
    services.file.write_text(re.sub(r"(?m)^consent = .*$", f'consent = "{"x" * 65_536}"', text), "utf-8")

    status, told = details_answer()

    assert (status, told["status"]) == (503, "unhealthy")
    assert re.search(r"one_to_one \(the longest referral takes \d+ bytes, at most 65520: lower", str(told["content"]))


def test_what_is_wrong_with_the_copy_does_not_hide_what_is_wrong_with_the_storage(
    services: FakeServices, tmp_path: Path
) -> None:
    services.table, services.file = DeadTable(), tmp_path / "nowhere.toml"

    status, told = details_answer()

    assert (status, set(told)) == (503, {"status", "content", "storage"})


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of a process that has built nothing yet."""
    environ = dict(WORKER)
    monkeypatch.setattr(shared.bootstrap, "_services", None)
    monkeypatch.setattr(shared.bootstrap, "configure", lambda: None)  # it would change the handlers of pytest
    monkeypatch.setattr("shared.bootstrap.os.environ", environ)
    return environ


def test_every_setting_that_cannot_be_used_is_named_at_once_and_none_is_quoted(
    environment: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    environment |= BAD

    assert details_answer() == (503, {"status": "unhealthy", "settings": sorted(BAD)})
    assert all(name in caplog.text for name in BAD)
    assert "canary" not in caplog.text


@pytest.mark.parametrize("name", BAD)
def test_each_of_them_alone_is_named_as_well(environment: dict[str, str], name: str) -> None:
    environment[name] = BAD[name]

    assert details_answer() == (503, {"status": "unhealthy", "settings": [name]})


def test_who_has_no_key_is_told_that_it_is_not_ready_and_the_log_says_why(
    environment: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    """No name of a setting: that would say which parts there are, and what has just gone wrong with them."""
    environment |= BAD

    assert health_answer() == NOT_READY
    [line] = logged_of(caplog)
    assert all(name in line for name in BAD)


ALL = {"SERVICE_ROLE": "all"}
ON_ONE_MACHINE = {
    "BOOKINGS_STORAGE": "UseDevelopmentStorage=true",
    "REFERRALS_STORAGE": f"AccountName=a;AccountKey={KEYS['EMAIL_ACCESS_KEY']}",
    "REFERRAL_PRIVATE_KEY": KEYS["REFERRAL_PRIVATE_KEY"],
    "EMAIL_ACCESS_KEY": KEYS["EMAIL_ACCESS_KEY"],
}


@pytest.mark.parametrize("own", [{}, ON_ONE_MACHINE], ids=["in Azure", "on one machine"])
def test_settings_that_are_taken_are_ones_that_every_part_can_be_built_from(own: dict[str, str]) -> None:
    """Otherwise it would raise later, in someone's first request."""
    content = {"CONTENT_FILE": "functions/content/mersey-care/en.toml"}
    worker = Services(Settings.from_environment(WORKER | content | own), FakeClock(MORNING))
    services = Services(Settings.from_environment(WEB | WORKER | ALL | content | own), FakeClock(MORNING))

    parts = (
        services.bookings.places,
        services.bookings.self_service,
        services.bookings.mailer,
        services.referrals.intake,
        services.referrals.forwarder,
        services.timer_run,
    )

    assert all(parts)
    assert all((worker.bookings.mailer, worker.referrals.forwarder, worker.referrals.batch_sender, worker.timer_run))


@pytest.mark.parametrize(("days", "is_named"), [(3, False), (4, True), (1, True)])
def test_the_details_name_a_consent_to_other_days_than_the_setting_s(
    services: FakeServices, *, days: int, is_named: bool
) -> None:
    services.referrals.grace_weekdays = days
    answered = json.loads(health_details(http_requests.get()).get_body())
    assert ("consent_facts" in answered) is is_named
    assert "consent_facts" not in json.loads(health(http_requests.get()).get_body())
