"""A process that stands before each call that it makes, and goes on, fails or dies as a test says."""

import threading
from collections.abc import Callable
from typing import Any, cast

from shared.tables.table import Table
from tests.fakes import Crash

type Call = Callable[[], Any]


class SteppedProcess:
    """Runs `work` in a thread of its own, one call at a time. `stands_before` names the next call; "" at the end.

    `work` is given the process, and makes its calls through `stop` or through what `wrap` returns.
    """

    def __init__(self, work: Callable[["SteppedProcess"], object]) -> None:
        self.stands_before = ""
        self.result: object = None
        self._is_killed = False
        self._go, self._stands = threading.Lock(), threading.Lock()  # each is released by the other thread
        self._go.acquire()
        self._stands.acquire()
        self._thread = threading.Thread(target=self._run, args=(work,), daemon=True)
        self._thread.start()
        self._stands.acquire()

    @property
    def has_ended(self) -> bool:
        return not self.stands_before

    def step(self) -> None:
        """Makes the call that it stands before, and goes on to the next."""
        self._go.release()
        self._stands.acquire()

    def run_to(self, *names: str) -> None:
        """Makes calls until it stands before one of these, or has ended."""
        while not self.has_ended and self.stands_before not in names:
            self.step()

    def kill(self) -> None:
        """Ends it where it stands: what it knew is lost, and nothing tidies up."""
        self._is_killed = True
        while not self.has_ended:
            self.step()

    def stop(self, name: str, call: Call) -> Any:
        """Called by the process: stands still before the call until a test lets it go on."""
        if not self._is_killed:
            self.stands_before = name
            self._stands.release()
            self._go.acquire()
        if self._is_killed:
            raise Crash
        return call()

    def wrap(self, name: str, real: object) -> Table:
        """A table, or something else, whose calls the process stands before: `name.method`."""
        return cast("Table", _Stepped(self, name, real))

    def _run(self, work: Callable[["SteppedProcess"], object]) -> None:
        try:
            self.result = work(self)
        except Crash:
            pass
        except Exception as error:  # noqa: BLE001  # what the process raised is its result
            self.result = error
        self.stands_before = ""
        self._stands.release()


class _Stepped:
    def __init__(self, process: SteppedProcess, name: str, real: object) -> None:
        self._process, self._name, self._real = process, name, real

    def __getattr__(self, method: str) -> Any:
        call = getattr(self._real, method)
        if not callable(call):
            return call
        name = f"{self._name}.{method}"
        return lambda *args, **kwargs: self._process.stop(name, lambda: call(*args, **kwargs))
