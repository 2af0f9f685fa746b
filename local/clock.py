"""The clock of a local run: shifted to another moment, and faster if wanted; one file, read by every process."""

import json
import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Setting:
    """At real second `since` (Unix time) the clock showed `at` (UTC) and went on `speed` times as fast as real time."""

    at: datetime
    since: float
    speed: float

    def now(self) -> datetime:
        return self.at + timedelta(seconds=(time.time() - self.since) * self.speed)


class LocalClock:
    """Shows the time that a file says, so that every process of a local run shows the same one and a test can move it.

    Calling the clock returns the moment as an aware datetime in UTC.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp = (-1, -1)
        self._setting = Setting(at=datetime.now(UTC), since=time.time(), speed=1.0)

    def __call__(self) -> datetime:
        return self.setting.now()

    @property
    def speed(self) -> float:
        """Seconds of this clock that pass in one real second."""
        return self.setting.speed

    @property
    def setting(self) -> Setting:
        found = self._path.stat()
        # The file is always a new one: where its time is coarse, its number still tells.
        stamp = (found.st_mtime_ns, found.st_ino)
        if stamp != self._stamp:
            raw = json.loads(self._path.read_text("utf-8"))
            self._setting = Setting(datetime.fromisoformat(raw["at"]), raw["since"], raw["speed"])
            self._stamp = stamp
        return self._setting


def set_clock(path: Path, *, at: datetime, speed: float = 1.0) -> LocalClock:
    """Writes the clock's file, whole or not at all, and returns the clock.

    Args:
        path: the file; its folder exists.
        at: aware datetime, any zone: what the clock shows from this instant.
        speed: seconds of this clock in one real second, above 0.
    """
    if at.tzinfo is None or speed <= 0:
        raise ValueError("the clock needs a timezone-aware datetime and a speed greater than 0")
    draft = path.with_suffix(f".{os.getpid()}.{time.monotonic_ns()}")
    draft.write_text(json.dumps({"at": at.astimezone(UTC).isoformat(), "since": time.time(), "speed": speed}), "utf-8")
    draft.replace(path)
    return LocalClock(path)
