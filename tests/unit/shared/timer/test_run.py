"""One run of the timer, over parts that fail: the others go on, and only a whole run counts as one."""

import itertools
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from shared.bookings.model.email_ids import DueMail
from shared.bookings.reconcile.reconcile_all import ReconcileResult
from shared.bookings.retention.run import Retention
from shared.mail.pause import MailPause
from shared.mail.quota import SendingQuota
from shared.tables.service_table import read_service_rows
from shared.tables.table import StorageUnavailableError, Table
from shared.timer.marks import Heartbeat, RecoveryMark
from shared.timer.run import DueWork, TimerRun
from tests.builders import MORNING, booking_request
from tests.fakes import FakeTable
from tests.unit.shared.bookings.booking_system import BookingHarness
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

    def __post_init__(self) -> None:
        self.service = self.bookings.service
        self.bookings.booking().book(booking_request(), MORNING)
        [attendee] = self.bookings.rows()
        self.mail = DueMail("s1", f"{attendee.key}-1-confirmation")
        self.reference = self.referrals.accepted()

    @property
    def last_heartbeat(self) -> datetime | None:
        return Heartbeat(self.service).last()

    def tick(self) -> DueWork:
        self.bookings.quota = BreakableQuota(self.per_minute, 0, lambda: self._may_fail("release"))
        # Seconds jump, so that the pause is read from its table in every run.
        pause = MailPause(self._breaking("pause")(self.service), itertools.count(step=60).__next__)
        schedule = TimerRun(
            read_service_rows=lambda: read_service_rows(self._breaking("memory")(self.service)),
            bookings=self.bookings.schedule(self._booking_table),
            referrals=self.referrals.reconciler(self._status_table),
            orphan_recovery=self.referrals.orphan_recovery(self._breaking("adoption")),
            recovery_mark=RecoveryMark(self.service),
            heartbeat=Heartbeat(self._breaking("heartbeat")(self.service)),
            retention=self._retention(self._breaking("retention")),
            pause=pause,
            staff={"staff": self._notify},
        )
        return schedule.run(MORNING)

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
        assert now == MORNING
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


@pytest.mark.parametrize("part", ["bookings", "release"])
def test_bookings_that_fail_do_not_stop_referrals(parts: TimerParts, part: str) -> None:
    parts.broken = {part}

    assert parts.tick() == DueWork((), (parts.reference,))


def test_referrals_that_fail_do_not_stop_bookings(parts: TimerParts) -> None:
    parts.broken = {"referrals"}

    assert parts.tick() == DueWork((parts.mail,), ())


@pytest.mark.parametrize("part", ["memory", "bookings", "release", "referrals"])
def test_a_run_that_lacks_a_part_is_no_heartbeat(parts: TimerParts, part: str) -> None:
    parts.broken = {part}

    parts.tick()

    assert parts.last_heartbeat is None


def test_a_run_that_left_out_a_session_is_no_heartbeat_and_names_what_it_found(parts: TimerParts) -> None:
    parts.bookings.add_session(RowKey=LATER_SESSION)
    parts.broken = {LATER_SESSION}

    assert parts.tick() == DueWork((parts.mail,), (parts.reference,))
    assert parts.last_heartbeat is None


@pytest.mark.parametrize("part", ["staff", "heartbeat", "retention", "adoption"])
def test_failure_in_a_secondary_part_does_not_stop_the_run(parts: TimerParts, part: str) -> None:
    parts.broken = {part}

    assert parts.tick() == DueWork((parts.mail,), (parts.reference,))


def test_while_the_mail_service_wants_to_be_left_alone_nothing_is_released(parts: TimerParts) -> None:
    MailPause(parts.service).begin(MORNING + timedelta(hours=1))

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
