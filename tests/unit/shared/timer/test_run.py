"""One run of the timer, over parts that fail: the others go on, and the run is recorded with what failed."""

import itertools
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

import pytest

from shared.bookings.emails.address_limit.mailbox_limits import MailboxLimits
from shared.bookings.model.email_ids import DueMail
from shared.bookings.reconcile.reconcile_all import ReconcileResult
from shared.bookings.retention.run import Retention
from shared.mail.missing_reports import MissingReports
from shared.mail.pause import MailPause
from shared.mail.quota import SendingQuota
from shared.tables.service_table import read_service_rows
from shared.tables.table import StorageUnavailableError, Table
from shared.timer.marks import Heartbeat, RecoveryMark
from shared.timer.run import DueWork, ReferralWork, TimerRun
from shared.timer.run_report import EMAIL_SET_UP, RunReport, failures
from tests.builders import KEY, MORNING, booking_request
from tests.fakes import FakeMailSender, FakeTable
from tests.unit.shared.bookings.booking_system import BookingHarness
from tests.unit.shared.numbers.board_numbers import idle_numbers
from tests.unit.shared.referrals.referral_system import ReferralHarness

FAILURES = [StorageUnavailableError("canary@example.nhs.uk"), ValueError("canary@example.nhs.uk")]
LATER_SESSION = "s2"


@dataclass(frozen=True, slots=True)
class BreakableTable:
    """A table, each of whose calls runs `check` first."""

    table: FakeTable
    check: Callable[..., None]

    def __getattr__(self, name: str) -> Any:
        call = getattr(self.table, name)

        def checked(*args: Any, **kwargs: Any) -> Any:
            self.check(*args, **kwargs)
            return call(*args, **kwargs)

        return checked


@dataclass(frozen=True, slots=True)
class BreakableQuota(SendingQuota):
    """A quota that runs `check` before it counts."""

    check: Callable[[], None] = lambda: None

    def left(self, sent_at: Iterable[datetime], now: datetime) -> int | None:
        self.check()
        return SendingQuota.left(self, sent_at, now)


@dataclass
class TimerParts:
    """A booking without a confirmation and a referral that was not forwarded, and every part that a run calls.

    `broken` names the parts that fail, each by raising `failure` from its tables.
    """

    broken: set[str] = field(default_factory=set)
    failure: Exception = field(default_factory=lambda: FAILURES[0])
    per_minute: int = 0
    bookings: BookingHarness = field(default_factory=BookingHarness)
    referrals: ReferralHarness = field(default_factory=ReferralHarness)
    notified: list[ReconcileResult] = field(default_factory=list)
    notified_before_asking: int = 0

    def __post_init__(self) -> None:
        self.service = self.bookings.service
        self.bookings.booking().book(booking_request(), MORNING)
        [attendee] = self.bookings.rows()
        self.mail = DueMail("s1", f"{attendee.key}-1-confirmation")
        self.reference = self.referrals.accepted()

    @property
    def last_heartbeat(self) -> datetime | None:
        return self.report.at if self.report else None

    @property
    def report(self) -> RunReport | None:
        """What is recorded of the last run."""
        return Heartbeat(self.service).last()

    @property
    def failed(self) -> dict[str, str]:
        """The errors that the last run recorded, by part or session."""
        assert self.report is not None
        return {each.name: each.error for each in (*self.report.parts, *self.report.sessions)}

    def tick(self, now: datetime = MORNING) -> DueWork:
        self.bookings.quota = BreakableQuota(self.per_minute, 0, lambda: self._may_fail("release"))
        # Seconds jump, so that the pause is read from its table in every run.
        pause = MailPause(self._breaking("pause")(self.service), itertools.count(step=60).__next__)
        schedule = TimerRun(
            read_service_rows=lambda: read_service_rows(self._breaking("memory")(self.service)),
            bookings=self.bookings.schedule(self._booking_table),
            referrals=ReferralWork(
                prove_keys=lambda now: self._may_fail("key proof"),
                reconciler=self.referrals.reconciler(self._status_table),
                orphan_recovery=self.referrals.orphan_recovery(self._breaking("adoption")),
                recovery_mark=RecoveryMark(self.service),
            ),
            heartbeat=Heartbeat(self._breaking("heartbeat")(self.service)),
            retention=self._retention(self._breaking("retention")),
            numbers=idle_numbers(self._breaking("numbers")(FakeTable())),
            pause=pause,
            note_deleted=lambda *_: self._may_fail("deletion notes"),
            limits=MailboxLimits(self._breaking("address limits")(self.bookings.limits), KEY),
            staff={"staff": self._notify},
            missing_reports=self._missing_reports(),
        )
        return schedule.run(now)

    def _missing_reports(self) -> MissingReports:
        """Notes, when it looks, of whom the staff had been told by then: what is due was found before."""

        def source(_: datetime) -> list[UUID]:
            self._may_fail("delivery reports")
            self.notified_before_asking = len(self.notified)
            return []

        return MissingReports(
            table=self.service, sender=FakeMailSender(), sources=(source,), take=lambda report, _: report
        )

    def _retention(self, wrap: Callable[[FakeTable], Table]) -> Retention:
        harness = self.bookings
        return Retention(
            sessions=wrap(harness.sessions),
            bookings=wrap(harness.bookings),
            log=wrap(harness.log),
            index=wrap(harness.index),
            service=wrap(harness.service),
            kept=timedelta(days=90),
        )

    def _booking_table(self, table: FakeTable) -> Table:
        """Fails as "bookings" where the sessions are read, and as "s2" where that session's roster is."""
        if table is self.bookings.sessions:
            return self._breaking("bookings")(table)
        return cast("Table", BreakableTable(table, lambda *_, **like: self._may_fail(like.get("PartitionKey", ""))))

    def _status_table(self, table: FakeTable) -> Table:
        return self._breaking("referrals")(table) if table is self.referrals.status else table

    def _breaking(self, part: str) -> Callable[[FakeTable], Table]:
        return lambda table: cast("Table", BreakableTable(table, lambda *_, **__: self._may_fail(part)))

    def _notify(self, found: ReconcileResult, now: datetime) -> None:
        assert now >= MORNING
        self._may_fail("staff")
        self.notified.append(found)

    def _may_fail(self, part: str) -> None:
        if part in self.broken:
            raise self.failure


@pytest.fixture(params=FAILURES, ids=["storage", "a mistake of ours"])
def parts(request: pytest.FixtureRequest) -> TimerParts:
    return TimerParts(failure=request.param)


def test_a_whole_run_names_everything_due_and_beats(parts: TimerParts) -> None:
    assert parts.tick() == DueWork((parts.mail,), (parts.reference,))
    assert parts.last_heartbeat == MORNING
    assert parts.failed == {}
    assert parts.notified_before_asking == 1, "delivery reports are asked for after everything that is due"


@pytest.mark.parametrize("part", ["bookings", "release"])
def test_bookings_that_fail_do_not_stop_referrals(parts: TimerParts, part: str) -> None:
    parts.broken = {part}

    assert parts.tick() == DueWork((), (parts.reference,))


def test_referrals_that_fail_do_not_stop_bookings(parts: TimerParts) -> None:
    parts.broken = {"referrals"}

    assert parts.tick() == DueWork((parts.mail,), ())


ESSENTIAL = ["memory", "bookings", "release", "referrals"]
SECONDARY = [
    "staff",
    "numbers",
    "retention",
    "adoption",
    "deletion notes",
    "pause",
    "address limits",
    "delivery reports",
]


@pytest.mark.parametrize("part", ESSENTIAL + SECONDARY)
def test_a_run_that_lacks_a_part_is_a_heartbeat_that_names_the_part(parts: TimerParts, part: str) -> None:
    parts.broken = {part}

    parts.tick()

    assert parts.last_heartbeat == MORNING, "the run went through all it could"
    assert parts.failed == {"bookings" if part == "release" else part: type(parts.failure).__name__}


def test_a_run_that_left_out_a_session_is_a_heartbeat_that_names_it(parts: TimerParts) -> None:
    parts.bookings.add_session(RowKey=LATER_SESSION)
    parts.broken = {LATER_SESSION}

    assert parts.tick() == DueWork((parts.mail,), (parts.reference,))
    assert parts.last_heartbeat == MORNING
    assert parts.failed == {LATER_SESSION: type(parts.failure).__name__}


def test_a_wrong_set_up_of_the_email_service_is_a_part_that_fails_with_its_code(parts: TimerParts) -> None:
    MailPause(parts.service).begin(MORNING + timedelta(minutes=10), "HTTP 403 AuthError")
    parts.tick(MORNING + timedelta(minutes=5))
    assert parts.failed == {EMAIL_SET_UP: "HTTP 403 AuthError"}

    parts.tick(MORNING + timedelta(days=3))
    assert parts.failed == {EMAIL_SET_UP: "HTTP 403 AuthError"}, "no email was tried since"
    MailPause(parts.service).clear_set_up(is_wrong=True)
    parts.tick(MORNING + timedelta(days=3))
    assert parts.failed == {}


def test_what_fails_again_keeps_its_time_and_what_is_mended_is_forgotten(parts: TimerParts) -> None:
    parts.bookings.add_session(RowKey=LATER_SESSION)
    parts.broken = {LATER_SESSION, "retention"}
    parts.tick()
    later = MORNING + timedelta(hours=1)
    parts.tick(later)

    assert parts.report is not None
    assert [each.since for each in (*parts.report.parts, *parts.report.sessions)] == [MORNING, MORNING]
    parts.broken = {"retention"}
    parts.tick(later + timedelta(minutes=5))
    assert parts.failed == {"retention": type(parts.failure).__name__}


def test_a_run_that_looked_at_no_session_mends_none(parts: TimerParts) -> None:
    parts.bookings.add_session(RowKey=LATER_SESSION)
    parts.broken = {LATER_SESSION}
    parts.tick()
    parts.broken = {"bookings"}
    parts.tick()

    assert set(parts.failed) == {"bookings", LATER_SESSION}


def test_report_fits_its_row_however_many_sessions_fail(parts: TimerParts) -> None:
    failed = dict.fromkeys((str(number) + '"' * 500 for number in range(100)), "StorageUnavailableError")
    report = RunReport(at=MORNING, sessions=failures(failed, (), MORNING))

    assert all(len(str(cell)) < 32_768 for cell in report.cells().values())
    parts.service.put({"PartitionKey": "service", "RowKey": "heartbeat"} | report.cells())
    assert parts.report == report


@pytest.mark.parametrize("cell", ["", "rubbish", "7", "[7]", '[{"name": "s1"}]', "[" * 40_000])
def test_report_that_someone_edited_is_read_as_far_as_it_goes(parts: TimerParts, cell: str) -> None:
    parts.tick()
    row = parts.service.rows["service", "heartbeat"]
    parts.service.put(dict(row.cells) | {"FailedSessions": cell})

    assert parts.report == RunReport(at=MORNING)
    assert parts.tick() == DueWork((parts.mail,), (parts.reference,))


@pytest.mark.parametrize("part", ["staff", "heartbeat", "retention", "adoption", "deletion notes"])
def test_failure_in_a_secondary_part_does_not_stop_the_run(parts: TimerParts, part: str) -> None:
    parts.broken = {part}

    assert parts.tick() == DueWork((parts.mail,), (parts.reference,))


def test_pause_that_bookings_caused_holds_up_no_referral(parts: TimerParts) -> None:
    MailPause(parts.service).begin(MORNING + timedelta(hours=1))

    assert parts.tick() == DueWork((), (parts.reference,))
    assert parts.last_heartbeat == MORNING, "the schedule itself did run"


def test_while_the_mail_service_wants_to_be_left_alone_nothing_is_released(parts: TimerParts) -> None:
    MailPause(parts.referrals.service_rows, also=MailPause(parts.service)).begin(MORNING + timedelta(hours=1))

    assert parts.tick() == DueWork((), ())
    assert parts.last_heartbeat == MORNING, "the schedule itself did run"


EVERY_PART = ["memory", "bookings", "release", "referrals", "adoption", "staff", "retention", "heartbeat", "pause"]


@pytest.mark.parametrize("part", EVERY_PART)
def test_what_failed_is_logged_by_its_name_and_nothing_it_said_is(
    parts: TimerParts, part: str, caplog: pytest.LogCaptureFixture
) -> None:
    parts.broken = {part}

    parts.tick()

    [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert ("bookings" if part == "release" else part) in record.getMessage()
    assert type(parts.failure).__name__ in record.getMessage()
    assert "canary" not in caplog.text


def test_due_referrals_are_subtracted_from_the_mail_budget(parts: TimerParts) -> None:
    parts.per_minute = 1

    assert parts.tick() == DueWork((), (parts.reference,))
    parts.broken = {"referrals"}
    assert parts.tick() == DueWork((parts.mail,), ())


def test_staff_are_notified_of_what_a_run_found(parts: TimerParts) -> None:
    parts.tick()

    assert [(found.complete, len(found.reconciled)) for found in parts.notified] == [(True, 1)]


def test_recovery_that_failed_is_not_recorded(parts: TimerParts) -> None:
    parts.broken = {"adoption"}

    parts.tick()

    assert ("service", "adoption") not in parts.service.rows
