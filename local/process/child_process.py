"""Child processes of a local run: each writes a log file, and none outlives the process that started it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.paths import ROOT
from local.process.forked_process import IS_POSSIBLE, ForkedProcess, fork

_STOPPING_SECONDS = 15.0
_STARTING_SECONDS = 90.0
_LINES_SHOWN = 15


class ChildFailedError(Exception):
    """A child process ended by itself, or never became ready. The text is for people."""


@dataclass(frozen=True, slots=True)
class Child:
    name: str
    process: subprocess.Popen[bytes] | ForkedProcess
    log: Path

    def check(self) -> None:
        """Raises ChildFailedError, with the end of its log, if the process is no longer there."""
        code = self.process.poll()
        if code is not None:
            raise ChildFailedError(f"{self.name} has stopped (exit code {code}).{self._log_tail()}")

    def wait_until(self, is_ready: Callable[[], bool]) -> None:
        """Raises ChildFailedError if the process ends before it is ready, or is not ready in good time."""
        deadline = time.monotonic() + _STARTING_SECONDS
        while not is_ready():
            self.check()
            if time.monotonic() > deadline:
                raise ChildFailedError(f"{self.name} did not start in {_STARTING_SECONDS:.0f}s.{self._log_tail()}")
            time.sleep(0.05)
        self.check()

    def log_text(self) -> str:
        return self.log.read_text("utf-8", errors="replace")

    def _log_tail(self) -> str:
        lines = self.log_text().splitlines()[-_LINES_SHOWN:]
        quoted = "".join(f"\n    {line}" for line in lines) or " nothing"
        return f" The last lines of {self.log}:{quoted}"


@contextmanager
def running_child(name: str, command: Sequence[str | Path], *, log: Path, env: Mapping[str, str]) -> Iterator[Child]:
    """Starts a process whose standard input is its lifeline: it stops itself in good order when that closes.

    It closes when this context ends and also when this very process is killed, so nothing is left behind.

    Args:
        name: what people call it.
        command: program and arguments; something in it has to watch standard input (`python_command` does).
        log: the file that gets what it prints, both streams, at its end.
        env: added to this process's environment.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            env={**os.environ, **env},
            **_own_group(),
        )
    try:
        yield Child(name, process, log)
    finally:
        _stop(process)


@contextmanager
def running_module(  # noqa: PLR0913  # the first three say what runs, and the others by name how
    name: str, module: str, arguments: Sequence[str | Path], *, log: Path, env: Mapping[str, str], forks: bool
) -> Iterator[Child]:
    """Starts a Python module as `running_child` starts a program.

    `forks` if it may begin as a copy of a process that has imported the service, where that is possible.
    """
    if not (forks and IS_POSSIBLE):
        with running_child(name, python_command(module, *arguments), log=log, env=env) as child:
            yield child
        return
    log.parent.mkdir(parents=True, exist_ok=True)
    log.touch()
    process = fork(module, [str(each) for each in arguments], log, {**os.environ, **env})
    try:
        yield Child(name, process, log)
    finally:
        process.send_signal(signal.SIGTERM)
        _wait_or_kill(process)


def python_command(module: str, *arguments: str | Path) -> list[str]:
    return [sys.executable, "-X", "utf8", "-u", "-m", "local.process.child_main", module, *map(str, arguments)]


def _own_group() -> dict[str, Any]:
    # Ctrl+C in a terminal goes to the whole foreground group. The children stay out of it,
    # so that they stop in order: who serves first, what it stores last.
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"process_group": 0}


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.stdin:
        process.stdin.close()
    _wait_or_kill(process)


def _wait_or_kill(process: subprocess.Popen[bytes] | ForkedProcess) -> None:
    try:
        process.wait(_STOPPING_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
