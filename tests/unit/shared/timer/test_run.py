"""One run of the timer, over parts that fail: the others go on, and only a whole run counts as one."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from shared.bookings.model.email_ids import DueMail
from shared.bookings.reconcile.reconcile_all import Round
from shared.bookings.reconcile.session_reconciler import LookedAfter
from shared.tables.service_table import Remembered
from shared.tables.table import StorageUnavailableError
from shared.timer.run import Due, Schedule
from tests.builders import MORNING

MAIL = DueMail("s1", "booking-a-1-confirmation")
REFERENCE = "34679CDF"
FAILURES = [StorageUnavailableError("canary@example.nhs.uk"), ValueError("canary@example.nhs.uk")]


@dataclass
class Keeper:
    """Retention, or a broken one."""

    house: "House"

    def run(self, remembered: Remembered, now: datetime) -> object:
        self.house._may_fail("retention")
        return None


@dataclass
class Tender:
    """Looks after referrals, or is broken."""

    house: "House"

    def run(self, remembered: Remembered, now: datetime) -> list[str]:
        self.house._may_fail("referrals")
        return [REFERENCE]


@dataclass
class Adopter:
    """Adopts referrals, or is broken."""

    house: "House"

    def run(self) -> int:
        self.house._may_fail("adoption")
        return 0


@dataclass
class House:
    """Every part that a run speaks to. `broken` names those that fail, and `failure` is how."""

    broken: set[str] = field(default_factory=set)
    failure: Exception = field(default_factory=lambda: FAILURES[0])
    complete: bool = True
    paused: bool = False
    beats: list[datetime] = field(default_factory=list)
    told: list[Round] = field(default_factory=list)
    ahead: list[int] = field(default_factory=list)

    def remembered(self) -> Remembered:
        self._may_fail("memory")
        return {}

    def refresh(self, rows: Remembered) -> None:
        """The pause learns of nothing here."""

    def is_on(self, now: datetime) -> bool:
        self._may_fail("pause")
        return self.paused

    def run(self, remembered: Remembered, now: datetime) -> Round:
        self._may_fail("bookings")
        return Round(rows=(), looked=(), known={}, complete=self.complete)

    def released(self, found: Sequence[LookedAfter], now: datetime, *, ahead: int) -> list[DueMail]:
        self._may_fail("release")
        self.ahead.append(ahead)
        return [MAIL]

    def tell(self, seen: Round, now: datetime) -> None:
        self._may_fail("staff")
        self.told.append(seen)

    def is_due(self, rows: Remembered, now: datetime) -> bool:
        return "adoption" in self.broken

    def done(self, now: datetime) -> None:
        raise AssertionError("nothing was adopted")

    def beat(self, now: datetime) -> None:
        self._may_fail("heartbeat")
        self.beats.append(now)

    def tick(self) -> Due:
        schedule = Schedule(
            remembered=self.remembered,
            bookings=self,
            referrals=Tender(self),
            adopting=Adopter(self),
            adoption=self,
            heart=self,
            retention=Keeper(self),
            pause=self,
            staff={"staff": self.tell},
        )
        return schedule.run(MORNING)

    def _may_fail(self, part: str) -> None:
        if part in self.broken:
            raise self.failure


@pytest.fixture(params=FAILURES, ids=["storage", "a mistake of ours"])
def house(request: pytest.FixtureRequest) -> House:
    return House(failure=request.param)


def test_a_whole_run_names_everything_due_and_beats(house: House) -> None:
    assert house.tick() == Due((MAIL,), (REFERENCE,))
    assert house.beats == [MORNING]


@pytest.mark.parametrize("part", ["bookings", "release"])
def test_bookings_that_fail_do_not_stop_referrals(house: House, part: str) -> None:
    house.broken = {part}

    assert house.tick() == Due((), (REFERENCE,))


def test_referrals_that_fail_do_not_stop_bookings(house: House) -> None:
    house.broken = {"referrals"}

    assert house.tick() == Due((MAIL,), ())


@pytest.mark.parametrize("part", ["memory", "bookings", "release", "referrals"])
def test_a_run_that_lacks_a_part_is_no_heartbeat(house: House, part: str) -> None:
    house.broken = {part}

    house.tick()

    assert house.beats == []


def test_a_run_that_left_out_a_session_is_no_heartbeat_and_names_what_it_found(house: House) -> None:
    house.complete = False

    assert house.tick() == Due((MAIL,), (REFERENCE,))
    assert house.beats == []


@pytest.mark.parametrize("part", ["staff", "heartbeat", "retention", "adoption"])
def test_whoever_is_told_of_a_run_cannot_stop_it(house: House, part: str) -> None:
    house.broken = {part}

    assert house.tick() == Due((MAIL,), (REFERENCE,))


def test_while_the_mail_service_wants_to_be_left_alone_nothing_is_released(house: House) -> None:
    house.paused = True

    assert house.tick() == Due((), ())
    assert house.beats == [MORNING], "the schedule itself did run"


@pytest.mark.parametrize("part", ["memory", "bookings", "release", "referrals", "staff", "heartbeat", "pause"])
def test_what_failed_is_logged_by_its_name_and_nothing_it_said_is(
    house: House, part: str, caplog: pytest.LogCaptureFixture
) -> None:
    house.broken = {part}

    house.tick()

    [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert ("bookings" if part == "release" else part) in record.getMessage()
    assert type(house.failure).__name__ in record.getMessage()
    assert "canary" not in caplog.text


def test_what_referrals_need_of_the_mail_service_is_left_to_them(house: House) -> None:
    house.tick()
    house.broken = {"referrals"}
    house.tick()

    assert house.ahead == [1, 0]
