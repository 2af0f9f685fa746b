"""Runs functions: every run of every trigger goes through here."""

import asyncio
import logging
import time
import uuid
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from local.host.app.functions import Function
from local.host.app.runtime import Call, Datum, Runtime
from local.host.queues.outputs import Outputs

_log = logging.getLogger("functions.host")


@dataclass(frozen=True, slots=True)
class Outcome:
    """`returned` is the converted return value, None when the run failed."""

    ok: bool
    returned: Datum | None = None


class Invocations:
    """Runs calls and counts them.

    A run fails when the function raises, when it takes longer than host.json's functionTimeout (in real time: the work
    takes as long as it takes), or when an output cannot be sent. Azure restarts its worker after a timeout; here an
    async function is cancelled, and what a sync one still does is not heard.
    """

    def __init__(self, runtime: Runtime, outputs: Outputs, timeout: timedelta | None) -> None:
        self.started = 0
        self._running = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._runtime = runtime
        self._outputs = outputs
        self._timeout = timeout.total_seconds() if timeout else None
        self._background: set[asyncio.Task[Any]] = set()

    @property
    def running(self) -> int:
        return self._running

    def spawn[T](self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Starts work that the caller need not wait for. It counts as running from now on."""
        self._count(1)
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._ended)
        return task

    async def run(self, function: Function, call: Call) -> Outcome:
        """Never raises for what the function or its outputs do: that is logged, with its traceback."""
        invocation = str(uuid.uuid4())
        _log.info("Executing %s (id=%s)", function.name, invocation)
        began = time.perf_counter()
        with self._counted():
            outcome = await self._run(function, call, invocation)
        word = "Succeeded" if outcome.ok else "Failed"
        duration = (time.perf_counter() - began) * 1000
        _log.info("Executed %s (%s, id=%s, %.0f ms)", function.name, word, invocation, duration)
        return outcome

    async def wait_until_idle(self) -> None:
        """Waits until nothing runs."""
        await self._idle.wait()

    @contextmanager
    def _counted(self) -> Iterator[None]:
        self.started += 1
        self._count(1)
        try:
            yield
        finally:
            self._count(-1)

    def _count(self, change: int) -> None:
        self._running += change
        if self._running:
            self._idle.clear()
        else:
            self._idle.set()

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._background.discard(task)
        self._count(-1)

    async def _run(self, function: Function, call: Call, invocation: str) -> Outcome:
        try:
            async with asyncio.timeout(self._timeout):
                result = await self._runtime.run(function.id, invocation, call)
        except TimeoutError:
            _log.error("%s (id=%s) ran longer than functionTimeout", function.name, invocation)
            return Outcome(ok=False)
        if not result.ok:
            return Outcome(ok=False)
        try:
            await self._outputs.send(function, result)
        except Exception:  # noqa: BLE001 - an output that cannot be sent fails the run, whatever the reason
            _log.exception("The output of %s (id=%s) could not be sent", function.name, invocation)
            return Outcome(ok=False)
        return Outcome(ok=True, returned=result.returned)
