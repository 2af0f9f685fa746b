"""The whole service as tests start it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from azure.data.tables import TableServiceClient

from local.clock import LocalClock
from local.stack.host_client import FunctionFailedError
from local.stack.stack import Stack, running_stack

_MORNING = datetime(2023, 9, 1, 8, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running_stack(at=_MORNING, hosts=2, settings={"REMINDERS": "P3D"}) as running:
        yield running


def _rows(stack: Stack, table: str) -> list[dict[str, object]]:
    with TableServiceClient.from_connection_string(stack.azurite.connection_string()) as service:
        return [dict(row) for row in service.get_table_client(table).list_entities()]


def _logged_at(line: str) -> float:
    """When a line was logged, by the machine's own clock."""
    return datetime.fromisoformat(" ".join(line.split()[:2])).astimezone().timestamp()


def test_it_is_ready_with_the_example_schedule_and_an_empty_inbox(stack: Stack) -> None:
    assert len(_rows(stack, "Sessions")) == 5
    assert stack.mail.messages() == []
    assert stack.settings["REMINDERS"] == "P3D"


def test_every_host_has_an_address_of_its_own_and_the_same_storage(stack: Stack) -> None:
    assert len(set(stack.sites)) == 2
    assert stack.site == stack.sites[0]
    assert all(host.is_running() for host in stack.hosts)


def test_a_tick_runs_the_schedule_to_its_end(stack: Stack) -> None:
    before = stack.log_text().count("Executed schedule (Succeeded")

    stack.tick()

    assert stack.log_text().count("Executed schedule (Succeeded") > before


def test_a_function_that_there_is_not_is_said_to_have_failed(stack: Stack) -> None:
    with pytest.raises(FunctionFailedError, match=r"nonsense .* did not succeed \(HTTP 404\)"):
        stack.hosts[0].run("nonsense")


def test_the_clock_can_be_moved_for_everyone(stack: Stack) -> None:
    stack.set_clock(datetime(2023, 9, 5, 9, 0, tzinfo=UTC))
    stack.settle()

    assert timedelta() <= LocalClock(stack.clock_path)() - datetime(2023, 9, 5, 9, 0, tzinfo=UTC) < timedelta(minutes=9)
    stack.check()


def test_the_clock_shows_the_chosen_moment_when_everything_is_ready_at_whatever_speed() -> None:
    with running_stack(at=_MORNING, speed=3600) as stack:
        setting = LocalClock(stack.clock_path).setting
        first_tick = next(line for line in stack.log_text().splitlines() if "Executed schedule (Succeeded" in line)

    assert (setting.at, setting.speed) == (_MORNING, 3600)
    assert setting.since >= _logged_at(first_tick)


def test_without_a_schedule_the_table_is_empty() -> None:
    with running_stack(at=_MORNING, load=None) as stack:
        assert _rows(stack, "Sessions") == []
        folder = Path(stack.clock_path).parent

    assert not folder.exists()


def test_only_the_first_host_runs_the_timer(stack: Stack) -> None:
    stack.set_clock(datetime(2023, 9, 6, 9, 0, tzinfo=UTC))
    stack.settle()
    stack.tick()

    first, second = (host.child.log_text() for host in stack.hosts)
    assert "Executed schedule" in first
    assert "Executed schedule" not in second
