"""`python dev.py` once everything is installed: starting, saying where things are, stopping."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from azure.core.credentials import AzureNamedKeyCredential
from azure.data.tables import TableClient

from local.clock import LocalClock
from local.paths import ROOT
from local.stack.azurite import KEY
from local.stack.sessions_csv import SESSIONS

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks for processes in /proc")

_SECONDS = 120


@dataclass(frozen=True)
class _Run:
    process: subprocess.Popen[str]
    state: Path

    def wait_until_said(self, beginning: str) -> str:
        """The first line from now on that begins like that; what comes before is read and forgotten."""
        assert self.process.stdout
        for line in self.process.stdout:
            if line.startswith(beginning):
                return line
        raise AssertionError(f"it ended without saying {beginning!r}: {self.log()}")

    def ready(self) -> dict[str, str]:
        addresses: dict[str, str] = json.loads(self.wait_until_said("READY ").removeprefix("READY "))
        return addresses

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        self.process.communicate(timeout=_SECONDS)
        return self.process.returncode

    def log(self) -> str:
        return "\n".join(path.read_text("utf-8") for path in self.state.rglob("*.log"))

    def children(self) -> dict[int, str]:
        """Whoever writes a log of this run, by process id: all the children that it has or left behind."""
        return {pid: command for pid, command in _processes() if self._is_logged_to(pid)}

    def wait_until_childless(self) -> bool:
        deadline = time.monotonic() + _SECONDS
        while self.children() and time.monotonic() < deadline:
            time.sleep(0.05)
        return not self.children()

    def _is_logged_to(self, pid: int) -> bool:
        with suppress(OSError):
            return Path(f"/proc/{pid}/fd/1").readlink().is_relative_to(self.state)
        return False


def _processes() -> Iterator[tuple[int, str]]:
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdecimal():
                yield int(entry.name), (entry / "cmdline").read_text("utf-8").replace("\0", " ")


@contextmanager
def _running(state: Path, *options: str) -> Iterator[_Run]:
    command = [sys.executable, "-m", "local.commands.run", "--state", str(state), *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        run = _Run(process, state)
        try:
            yield run
        finally:
            if process.poll() is None:
                run.stop()


def _get(url: str) -> int:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    try:
        connection.request("GET", urlsplit(url).path or "/")
        return connection.getresponse().status
    finally:
        connection.close()


def _sessions(tables: str) -> list[str]:
    credential = AzureNamedKeyCredential(urlsplit(tables).path.strip("/"), KEY)
    with TableClient(tables, SESSIONS, credential=credential) as table:
        return [entity["RowKey"] for entity in table.list_entities()]


def test_it_starts_says_where_everything_is_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with _running(tmp_path, "--at", "2023-09-07 14:00") as run:
        ready = run.ready()

        assert len(_sessions(ready["tables"])) == 5
        assert _get(ready["inbox"] + "/") == 200
        assert _get(ready["site"] + "/admin/host/status") == 200
        shown = LocalClock(Path(ready["clock"]))()
        assert timedelta() <= shown - datetime(2023, 9, 7, 13, 0, tzinfo=UTC) < timedelta(minutes=5)
        assert json.loads((tmp_path / "running.json").read_text("utf-8"))["tables"] == ready["tables"]
        assert len(run.children()) == 3

        assert run.stop() == 0

    assert run.children() == {}
    assert not (tmp_path / "running.json").exists()


def test_ctrl_c_stops_it_just_the_same(tmp_path: Path) -> None:
    with _running(tmp_path) as run:
        run.ready()

        assert run.stop(signal.SIGINT) == 0

    assert run.children() == {}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stopped_while_it_starts_it_leaves_nothing_behind_either(tmp_path: Path, number: int) -> None:
    with _running(tmp_path) as run:
        run.wait_until_said("The clock starts")

        assert run.stop(number) == 0

    assert run.children() == {}


def test_when_a_part_of_it_dies_it_says_which_one_and_stops_the_rest(tmp_path: Path) -> None:
    with _running(tmp_path) as run:
        run.ready()
        [emulator] = [pid for pid, command in run.children().items() if "local.mail" in command]
        os.kill(emulator, signal.SIGKILL)

        assert "The email emulator has stopped (exit code -9)" in run.wait_until_said("The email emulator")
        assert run.process.wait(_SECONDS) == 1

    assert run.children() == {}


def test_killed_without_a_chance_to_stop_anything_it_takes_everything_with_it(tmp_path: Path) -> None:
    with _running(tmp_path) as run:
        run.ready()

        run.stop(signal.SIGKILL)

        assert run.wait_until_childless()


def test_a_port_that_is_taken_is_said_at_once(tmp_path: Path) -> None:
    with _running(tmp_path) as run:
        port = str(urlsplit(run.ready()["site"]).port)

        with _running(tmp_path / "other", "--port", port) as second:
            assert f"port {port} is in use" in second.wait_until_said("dev.py run: error")


def test_kept_tables_are_there_again_and_the_example_schedule_is_not_put_over_them(tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    with _running(tmp_path / "first", "--data", data) as run:
        tables = run.ready()["tables"]
        credential = AzureNamedKeyCredential("devstoreaccount1", KEY)
        with TableClient(tables, SESSIONS, credential=credential) as table:
            table.delete_entity("sessions", "2023-09-08-1500")
        run.stop()

    with _running(tmp_path / "second", "--data", data) as run:
        assert len(_sessions(run.ready()["tables"])) == 4
