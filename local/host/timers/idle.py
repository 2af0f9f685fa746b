"""Detects that the host is idle, so that tests need not sleep."""

from collections.abc import Iterable

from local.host.invocations import Invocations
from local.host.queues.listener import QueueListener
from local.host.timers.timers import TimerListener


class Idleness:
    """At rest: no function runs, no timer is due, no message is visible or being handled on a watched queue.

    Messages that are hidden (they wait for their next try) do not count, nor do those that another host handles.
    """

    def __init__(
        self, invocations: Invocations, queues: Iterable[QueueListener], timers: Iterable[TimerListener]
    ) -> None:
        self._invocations = invocations
        self._queues = list(queues)
        self._timers = list(timers)

    async def is_idle(self) -> bool:
        started = self._invocations.started
        # All of them are asked, not up to the first: who is asked and has work wakes up.
        if not self._is_resting():
            return False
        quiet = [await queue.is_quiet() for queue in self._queues]
        return all(quiet) and self._is_resting() and self._invocations.started == started

    def _is_resting(self) -> bool:
        quiet = [timer.is_quiet() for timer in self._timers]
        return self._invocations.running == 0 and all(quiet)
