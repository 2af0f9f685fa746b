"""Child processes that begin as copies of one that has imported the service already: a start costs a fraction.

Only on Linux; each is a process of its own as any other child is, and nothing that one does is seen by another.
"""

import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from multiprocessing.connection import wait
from multiprocessing.context import ForkServerProcess
from pathlib import Path

IS_POSSIBLE = sys.platform == "linux"  # elsewhere what the libraries of the system have begun does not outlive a fork

_IMPORTED = "local.stack.imported"


class ForkedProcess:
    """A running copy, with as much of `subprocess.Popen` as a child of a local run needs."""

    def __init__(self, process: ForkServerProcess) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        """The number of the process, as the system knows it."""
        return self._process.pid or 0

    @property
    def returncode(self) -> int | None:
        """The exit code, minus the signal's number if one ended it; None while it runs."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """As `returncode`."""
        return self.returncode

    def wait(self, timeout: float | None = None) -> int | None:
        """Returns the exit code. Raises subprocess.TimeoutExpired after so many seconds."""
        self._process.join(timeout)
        if timeout is not None and self.returncode is None:
            raise subprocess.TimeoutExpired(self._process.name, timeout)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Does nothing once it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def fork(module: str, arguments: Sequence[str], log: Path, env: Mapping[str, str]) -> ForkedProcess:
    """Runs a Python module in a copy, which stops when this process ends in any way.

    Args:
        module: its name, and
        arguments: its command line.
        log: the file that gets what it prints, both streams, at its end.
        env: all of its environment.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([_IMPORTED])
    process = context.Process(target=_run, args=(module, list(arguments), log, dict(env)), name=module)
    process.start()
    return ForkedProcess(process)


def _run(module: str, arguments: list[str], log: Path, env: dict[str, str]) -> None:
    os.setpgid(0, 0)  # Ctrl+C goes to the whole group of a terminal, and the children stop in order
    with log.open("ab") as output:
        for stream in (1, 2):
            os.dup2(output.fileno(), stream)
    os.environ.clear()
    os.environ.update(env)
    threading.Thread(target=_stop_with_parent, name="lifeline", daemon=True).start()
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _stop_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)
