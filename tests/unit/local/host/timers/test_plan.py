"""Due times of timers, on a clock that may jump in both directions."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.host.timers.ncrontab import Ncrontab
from local.host.timers.occurrences import ScheduleStatus, StatusFile, is_monitored, resumed
from local.host.timers.plan import Due, TimerPlan

EVERY_5_MINUTES = Ncrontab.parse("0 */5 * * * *")
NINE = datetime(2023, 9, 1, 9, 0, tzinfo=UTC)


def _plan(now: datetime, *, stored: ScheduleStatus | None = None, at_startup: bool = False) -> TimerPlan:
    return TimerPlan(EVERY_5_MINUTES, now, stored=stored, use_monitor=True, at_startup=at_startup)


def _at(minutes: float) -> datetime:
    return NINE + timedelta(minutes=minutes)


def test_a_timer_waits_for_its_moment_and_is_then_on_time() -> None:
    plan = _plan(_at(1))
    assert plan.due(_at(4.99), speed=1) is None
    assert plan.due(_at(5), speed=1) == Due(_at(5), past_due=False, on_schedule=True)


def test_after_a_run_the_next_occurrence_counts_from_its_beginning() -> None:
    plan = _plan(_at(1))
    plan.due(_at(4), speed=1)
    due = plan.due(_at(5), speed=1)
    assert due
    plan.finished(due)
    assert plan.next == _at(10)
    assert plan.status == ScheduleStatus(last=_at(5), next=_at(10), updated=_at(5))


def test_a_jump_over_many_occurrences_is_one_call_past_due() -> None:
    plan = _plan(_at(1))
    plan.due(_at(2), speed=1)
    due = plan.due(_at(61), speed=1)
    assert due == Due(_at(61), past_due=True, on_schedule=False)
    plan.finished(due)
    assert plan.due(_at(61), speed=1) is None
    assert plan.next == _at(65)


def test_a_run_longer_than_the_interval_is_followed_at_once_and_that_is_not_past_due() -> None:
    plan = _plan(_at(1))
    plan.due(_at(4), speed=1)
    due = plan.due(_at(5), speed=1)
    assert due
    plan.finished(due)
    assert plan.due(_at(17), speed=1) == Due(_at(17), past_due=False, on_schedule=True)


def test_on_a_fast_clock_a_moment_late_is_not_past_due() -> None:
    plan = _plan(_at(1))
    plan.due(_at(2), speed=600)
    due = plan.due(_at(12), speed=600)
    assert due
    assert due.past_due is False


def test_a_clock_that_moves_back_brings_the_next_occurrence_with_it() -> None:
    plan = _plan(_at(61))
    assert plan.due(_at(2), speed=1) is None
    assert plan.next == _at(5)


def test_a_moved_clock_leaves_something_to_do() -> None:
    plan = _plan(_at(61))
    assert not plan.is_due(_at(62))
    assert plan.is_due(_at(65))
    assert plan.is_due(_at(2))


def test_a_run_on_startup_comes_first_and_only_once() -> None:
    plan = _plan(_at(1), at_startup=True)
    assert plan.is_due(_at(1))
    due = plan.due(_at(1), speed=1)
    assert due == Due(_at(1), past_due=False, on_schedule=False)
    plan.finished(due)
    assert plan.due(_at(2), speed=1) is None
    assert plan.next == _at(5)


def test_what_was_missed_while_the_host_was_down_is_made_up_for_once() -> None:
    stored = ScheduleStatus(last=_at(0), next=_at(5), updated=_at(0))
    plan = _plan(_at(181), stored=stored)
    due = plan.due(_at(181), speed=1)
    assert due == Due(_at(181), past_due=True, on_schedule=False)
    plan.finished(due)
    assert plan.due(_at(182), speed=1) is None


def test_a_timer_without_monitor_misses_nothing_and_has_no_status() -> None:
    stored = ScheduleStatus(last=_at(0), next=_at(5), updated=_at(0))
    plan = TimerPlan(EVERY_5_MINUTES, _at(181), stored=stored, use_monitor=False, at_startup=False)
    assert plan.status is None
    assert plan.due(_at(182), speed=1) is None
    due = plan.due(_at(300), speed=1)
    assert due
    assert due.past_due is False


@pytest.mark.parametrize(
    ("stored", "status", "missed"),
    [
        pytest.param(None, ScheduleStatus(None, _at(65), _at(61)), False, id="nothing stored"),
        pytest.param(
            ScheduleStatus(_at(60), _at(65), _at(60)), ScheduleStatus(_at(60), _at(65), _at(60)), False, id="all well"
        ),
        pytest.param(
            ScheduleStatus(None, _at(5), _at(1)), ScheduleStatus(None, _at(5), _at(1)), True, id="missed the very first"
        ),
        pytest.param(
            ScheduleStatus(_at(0), _at(30), _at(0)),
            ScheduleStatus(None, _at(65), _at(61)),
            False,
            id="schedule changed",
        ),
        pytest.param(
            ScheduleStatus(_at(60), _at(90), _at(60)),
            ScheduleStatus(None, _at(65), _at(60)),
            False,
            id="schedule changed, nothing missed",
        ),
        pytest.param(
            ScheduleStatus(_at(600), _at(605), _at(600)),
            ScheduleStatus(None, _at(65), _at(61)),
            False,
            id="the clock was moved back meanwhile",
        ),
    ],
)
def test_a_restart_goes_on_from_what_was_stored(
    stored: ScheduleStatus | None, status: ScheduleStatus, missed: bool
) -> None:
    assert resumed(EVERY_5_MINUTES, stored, _at(61)) == (status, missed)


@given(steps=st.lists(st.floats(-600, 600), max_size=40))
def test_wherever_the_clock_goes_no_occurrence_is_called_twice_without_going_back(steps: list[float]) -> None:
    now, plan = NINE, _plan(NINE)
    last_run: datetime | None = None
    for step in steps:
        now += timedelta(minutes=step)
        if step < 0:
            last_run = None
        due = plan.due(now, speed=1)
        if due:
            assert last_run is None or EVERY_5_MINUTES.next_after(last_run) <= now
            last_run = now
            plan.finished(due)
        assert plan.next > now
        assert plan.next == EVERY_5_MINUTES.next_after(now) or not due


@pytest.mark.parametrize(
    ("expression", "monitored"),
    [("*/10 * * * * *", False), ("0 * * * * *", True), ("*/10 0 * * * *", True), ("0 */5 * * * *", True)],
)
def test_a_timer_that_fires_more_than_once_in_every_minute_is_not_monitored(expression: str, monitored: bool) -> None:
    assert is_monitored(Ncrontab.parse(expression)) is monitored


@pytest.mark.parametrize(
    "status", [ScheduleStatus(None, _at(5), _at(1)), ScheduleStatus(_at(5), _at(10), _at(5))], ids=["new", "has run"]
)
def test_a_status_survives_in_its_file(tmp_path: Path, status: ScheduleStatus) -> None:
    StatusFile(tmp_path, "tick").save(status)
    assert StatusFile(tmp_path, "tick").load() == status


def test_a_damaged_file_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / "timers").mkdir()
    (tmp_path / "timers" / "tick.json").write_text('{"Last": "yesterday"}')
    assert StatusFile(tmp_path, "tick").load() is None


def test_without_a_folder_nothing_is_remembered() -> None:
    StatusFile(None, "tick").save(ScheduleStatus(None, _at(5), _at(1)))
    assert StatusFile(None, "tick").load() is None
