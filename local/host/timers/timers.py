"""Runs one timer function when its schedule says so.

Azure makes a timer a singleton among all instances of an app, with a lease on a blob. That is not emulated: two hosts
that serve the same app both run its timers.
"""

import asyncio
from datetime import datetime

from local.host.app.functions import Function, RetryPolicy, TimerTrigger
from local.host.app.runtime import Call, Datum
from local.host.clock import pause, rest
from local.host.queues.backoff import Backoff
from local.host.services import HostServices
from local.host.timers.ncrontab import Ncrontab
from local.host.timers.occurrences import ScheduleStatus, StatusFile, timer_document
from local.host.timers.plan import Due, TimerPlan

# How often the clock is looked at, because it may jump: a real time. Whoever asks if all is quiet has it looked at now.
_POLL_SECONDS = 0.3


class TimerListener:
    """Follows the clock and runs the function when its plan says so, never twice at a time."""

    def __init__(
        self,
        function: Function,
        trigger: TimerTrigger,
        schedule: Ncrontab,
        status_file: StatusFile,
        services: HostServices,
    ) -> None:
        self._function = function
        self._trigger = trigger
        self._file = status_file
        self._clock = services.clock
        self._invocations = services.invocations
        self._plan = TimerPlan(
            schedule,
            self._clock(),
            stored=status_file.load(),
            use_monitor=trigger.use_monitor,
            at_startup=trigger.run_on_startup,
        )
        self._busy = False
        self._wake = asyncio.Event()

    def is_quiet(self) -> bool:
        """True if the timer neither runs, nor waits to try again, nor is due. Wakes the listener if it is due."""
        is_due = self._plan.is_due(self._clock())
        if is_due:
            self._wake.set()
        return not self._busy and not is_due

    async def listen(self) -> None:
        """Goes on until it is cancelled. A run that is under way then goes on to its end."""
        self._save()
        while True:
            self._wake.clear()
            now = self._clock()
            due = self._plan.due(now, self._clock.speed)
            if due:
                self._busy = True
                # Shielded, so that a host that stops lets the run end and remembers it.
                await asyncio.shield(self._invocations.spawn(self._run(due)))
            else:
                left = (self._plan.next - now).total_seconds() / self._clock.speed
                await rest(min(left, _POLL_SECONDS), self._wake)

    async def _run(self, due: Due) -> None:
        try:
            await self._run_and_retry(past_due=due.past_due)
            self._plan.finished(due)
            self._save()
        finally:
            self._busy = False

    async def _run_and_retry(self, *, past_due: bool) -> None:
        policy = self._function.retry
        delays = Backoff(policy.shortest, policy.longest) if policy else None
        attempt = 0
        while not (await self._invocations.run(self._function, self.call(past_due=past_due, attempt=attempt))).ok:
            if policy is None or delays is None or attempt == policy.retries:
                return
            attempt += 1
            await pause(self._clock, _delay(policy, delays))

    def call(self, *, past_due: bool = False, attempt: int = 0) -> Call:
        retries = self._function.retry.retries if self._function.retry else 0
        return timer_call(self._trigger, self._plan.status, self._clock(), past_due=past_due, retry=(attempt, retries))

    def _save(self) -> None:
        if self._plan.status:
            self._file.save(self._plan.status)


def timer_call(
    trigger: TimerTrigger,
    status: ScheduleStatus | None,
    now: datetime,
    *,
    past_due: bool = False,
    retry: tuple[int, int] = (0, 0),
) -> Call:
    """The call of a timer function at `now`; `retry` is which one this is, and how many there may be."""
    return Call(
        inputs=[(trigger.param, Datum(timer_document(status, past_due=past_due), "json"))],
        metadata={"TimerTrigger": Datum(f"{now:%m/%d/%Y %H:%M:%S}", "string")},
        retry=retry[0],
        retries=retry[1],
    )


def _delay(policy: RetryPolicy, delays: Backoff) -> float:
    fixed = policy.shortest == policy.longest
    return policy.shortest.total_seconds() if fixed else delays.next_seconds()
