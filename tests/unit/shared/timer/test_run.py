"""One run of the timer, over parts that fail: the others go on, and only a whole run counts as one."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from shared.bookings.model.email_ids import DueMail
from shared.bookings.reconcile.reconcile_all import ReconcileResult
from shared.bookings.reconcile.session_reconciler import ReconciledSession
from shared.tables.service_table import ServiceRows
from shared.tables.table import StorageUnavailableError
from shared.timer.run import DueWork, TimerRun
from tests.builders import MORNING

MAIL = DueMail("s1", "booking-a-1-confirmation")
REFERENCE = "34679CDF"
FAILURES = [StorageUnavailableError("canary@example.nhs.uk"), ValueError("canary@example.nhs.uk")]


@dataclass
class FakeRetention:
    """Retention, or a broken one."""

    parts: "FakeParts"

    def run(self, service_rows: ServiceRows, now: datetime) -> object:
        self.parts._may_fail("retention")
        return None


@dataclass
class FakeReferralFollowUp:
    """Looks after referrals, or is broken."""

    parts: "FakeParts"

    def run(self, service_rows: ServiceRows, now: datetime) -> list[str]:
        self.parts._may_fail("referrals")
        return [REFERENCE]


@dataclass
class FakeRecovery:
    """Adopts referrals, or is broken."""

    parts: "FakeParts"

    def run(self) -> int:
        self.parts._may_fail("adoption")
        return 0


@dataclass
class FakeParts:
    """Every part that a run speaks to. `broken` names those that fail, and `failure` is how."""

    broken: set[str] = field(default_factory=set)
    failure: Exception = field(default_factory=lambda: FAILURES[0])
    complete: bool = True
    paused: bool = False
    beats: list[datetime] = field(default_factory=list)
    told: list[ReconcileResult] = field(default_factory=list)
    ahead: list[int] = field(default_factory=list)

    def read_service_rows(self) -> ServiceRows:
        self._may_fail("memory")
        return {}

    def refresh(self, rows: ServiceRows) -> None:
        """The pause learns of nothing here."""

    def is_on(self, now: datetime) -> bool:
        self._may_fail("pause")
        return self.paused

    def run(self, service_rows: ServiceRows, now: datetime) -> ReconcileResult:
        self._may_fail("bookings")
        return ReconcileResult(rows=(), reconciled=(), known={}, complete=self.complete)

    def mails_within_quota(self, found: Sequence[ReconciledSession], now: datetime, *, ahead: int) -> list[DueMail]:
        self._may_fail("release")
        self.ahead.append(ahead)
        return [MAIL]

    def tell(self, seen: ReconcileResult, now: datetime) -> None:
        self._may_fail("staff")
        self.told.append(seen)

    def is_due(self, rows: ServiceRows, now: datetime) -> bool:
        return "adoption" in self.broken

    def done(self, now: datetime) -> None:
        raise AssertionError("nothing was adopted")

    def beat(self, now: datetime) -> None:
        self._may_fail("heartbeat")
        self.beats.append(now)

    def tick(self) -> DueWork:
        schedule = TimerRun(
            read_service_rows=self.read_service_rows,
            bookings=self,
            referrals=FakeReferralFollowUp(self),
            orphan_recovery=FakeRecovery(self),
            recovery_mark=self,
            heartbeat=self,
            retention=FakeRetention(self),
            pause=self,
            staff={"staff": self.tell},
        )
        return schedule.run(MORNING)

    def _may_fail(self, part: str) -> None:
        if part in self.broken:
            raise self.failure


@pytest.fixture(params=FAILURES, ids=["storage", "a mistake of ours"])
def parts(request: pytest.FixtureRequest) -> FakeParts:
    return FakeParts(failure=request.param)


def test_a_whole_run_names_everything_due_and_beats(parts: FakeParts) -> None:
    assert parts.tick() == DueWork((MAIL,), (REFERENCE,))
    assert parts.beats == [MORNING]


@pytest.mark.parametrize("part", ["bookings", "release"])
def test_bookings_that_fail_do_not_stop_referrals(parts: FakeParts, part: str) -> None:
    parts.broken = {part}

    assert parts.tick() == DueWork((), (REFERENCE,))


def test_referrals_that_fail_do_not_stop_bookings(parts: FakeParts) -> None:
    parts.broken = {"referrals"}

    assert parts.tick() == DueWork((MAIL,), ())


@pytest.mark.parametrize("part", ["memory", "bookings", "release", "referrals"])
def test_a_run_that_lacks_a_part_is_no_heartbeat(parts: FakeParts, part: str) -> None:
    parts.broken = {part}

    parts.tick()

    assert parts.beats == []


def test_a_run_that_left_out_a_session_is_no_heartbeat_and_names_what_it_found(parts: FakeParts) -> None:
    parts.complete = False

    assert parts.tick() == DueWork((MAIL,), (REFERENCE,))
    assert parts.beats == []


@pytest.mark.parametrize("part", ["staff", "heartbeat", "retention", "adoption"])
def test_failure_in_a_secondary_part_does_not_stop_the_run(parts: FakeParts, part: str) -> None:
    parts.broken = {part}

    assert parts.tick() == DueWork((MAIL,), (REFERENCE,))


def test_while_the_mail_service_wants_to_be_left_alone_nothing_is_released(parts: FakeParts) -> None:
    parts.paused = True

    assert parts.tick() == DueWork((), ())
    assert parts.beats == [MORNING], "the schedule itself did run"


@pytest.mark.parametrize("part", ["memory", "bookings", "release", "referrals", "staff", "heartbeat", "pause"])
def test_what_failed_is_logged_by_its_name_and_nothing_it_said_is(
    parts: FakeParts, part: str, caplog: pytest.LogCaptureFixture
) -> None:
    parts.broken = {part}

    parts.tick()

    [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert ("bookings" if part == "release" else part) in record.getMessage()
    assert type(parts.failure).__name__ in record.getMessage()
    assert "canary" not in caplog.text


def test_due_referrals_are_subtracted_from_the_mail_budget(parts: FakeParts) -> None:
    parts.tick()
    parts.broken = {"referrals"}
    parts.tick()

    assert parts.ahead == [1, 0]
