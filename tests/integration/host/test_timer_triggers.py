"""Timers follow the clock, wherever it goes."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from local.clock import set_clock
from local.stack.azurite import Azurite
from tests.integration.host.conftest import START, RunningHost, serving

CALM = {"AzureWebJobs.flaky.Disabled": "true"}


@pytest.fixture(scope="module")
def timed(azurite: Azurite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    with serving(tmp_path_factory.mktemp("timed"), azurite.connection_string(), CALM) as running:
        yield running


def _settle(host: RunningHost, at: datetime) -> int:
    """Puts the clock there, lets the host come to rest, and tells how many calls there have been."""
    set_clock(host.clock_file, at=at)
    host.wait_until_idle()
    return len(host.seen("tick"))


def test_a_timer_that_the_clock_jumps_over_is_called_once_and_told_so(timed: RunningHost) -> None:
    before = _settle(timed, START)
    after = _settle(timed, START + timedelta(days=3))
    [fact] = timed.seen("tick")[before:]
    assert after == before + 1
    assert fact["past_due"] is True
    assert fact["status"]["Next"] == "2023-09-01T10:00:00+00:00"


def test_a_timer_goes_on_from_where_the_clock_is_after_a_jump_back(timed: RunningHost) -> None:
    _settle(timed, START + timedelta(days=10))
    before = _settle(timed, START - timedelta(days=3))
    assert _settle(timed, START - timedelta(days=3) + timedelta(minutes=30)) == before
    _settle(timed, START - timedelta(days=3) + timedelta(minutes=50))
    [fact] = timed.seen("tick")[before:]
    assert fact["status"]["Next"] == "2023-08-29T10:00:00+00:00"


def test_a_faster_clock_brings_the_next_call_sooner(timed: RunningHost) -> None:
    before = _settle(timed, START + timedelta(days=20))
    set_clock(timed.clock_file, at=START + timedelta(days=20), speed=7200)
    timed.wait_until_seen("tick", before + 2)
    planned = [fact["status"]["Next"] for fact in timed.seen("tick")[before:][:2]]
    assert planned == ["2023-09-21T10:00:00+00:00", "2023-09-21T11:00:00+00:00"]


def test_a_failed_run_is_tried_again_as_its_retry_policy_says(azurite: Azurite, tmp_path: Path) -> None:
    with serving(tmp_path, azurite.connection_string()) as host:
        set_clock(host.clock_file, at=START + timedelta(hours=4), speed=10)
        host.wait_until_seen("flaky", 3)
        host.wait_until_idle()
        assert host.seen("flaky") == [0, 1, 2]


def test_an_occurrence_missed_while_the_host_was_down_is_made_up_for_once(azurite: Azurite, tmp_path: Path) -> None:
    with serving(tmp_path, azurite.connection_string(), CALM) as first:
        first.wait_until_idle()
        assert first.seen("tick") == []
    set_clock(tmp_path / "clock.json", at=START + timedelta(hours=5))
    with serving(tmp_path, azurite.connection_string(), CALM) as second:
        second.wait_until_idle()
        [fact] = second.seen("tick")
    assert fact["past_due"] is True
