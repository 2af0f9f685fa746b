"""The time that the host lives by."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol

# Short, so that a change of speed is noticed soon; long, so that an idle host costs nothing.
_SLICE_SECONDS = 0.5


class Clock(Protocol):
    """Tells the moment. It may jump, in both directions, and change its speed at any time."""

    def __call__(self) -> datetime:
        """The moment, an aware datetime in UTC."""

    @property
    def speed(self) -> float:
        """Seconds of this clock that pass in one real second; above 0."""


class SystemClock:
    """The clock of the machine."""

    speed = 1.0

    def __call__(self) -> datetime:
        return datetime.now(UTC)


async def pause(clock: Clock, seconds: float, wake: asyncio.Event | None = None) -> None:
    """Waits that many seconds of the clock, at whatever speed it runs, or until `wake` is set.

    A jump of the clock neither shortens nor lengthens the wait.
    """
    left = seconds
    while left > 0 and not (wake and wake.is_set()):
        speed = clock.speed
        began = time.monotonic()
        await rest(min(left / speed, _SLICE_SECONDS), wake)
        left -= (time.monotonic() - began) * speed


async def rest(real_seconds: float, wake: asyncio.Event | None = None) -> None:
    """Waits that many seconds of the machine's time, or until `wake` is set."""
    if wake is None:
        await asyncio.sleep(real_seconds)
        return
    try:
        async with asyncio.timeout(real_seconds):
            await wake.wait()
    except TimeoutError:
        pass
