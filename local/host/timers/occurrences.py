"""Due times of a timer, and its stored status: the rules of Microsoft's TimerListener and ScheduleMonitor."""

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from local.host.timers.ncrontab import Ncrontab


@dataclass(frozen=True, slots=True)
class ScheduleStatus:
    """All UTC. `last` is None before the first run; `next` was computed from `last`, or else from `updated`."""

    last: datetime | None
    next: datetime
    updated: datetime


def first_status(schedule: Ncrontab, now: datetime) -> ScheduleStatus:
    return ScheduleStatus(last=None, next=schedule.next_after(now), updated=now)


def resumed(schedule: Ncrontab, stored: ScheduleStatus | None, now: datetime) -> tuple[ScheduleStatus, bool]:
    """The status to go on from at start-up, and whether an occurrence was missed while the host was down.

    A changed schedule is not a missed occurrence. Nor is a clock that is now earlier than what was stored.
    """
    if stored is None or now < stored.updated:
        return first_status(schedule, now), False
    expected = schedule.next_after(stored.last or stored.updated)
    if expected != stored.next:
        return (
            first_status(schedule, now) if now > expected else ScheduleStatus(None, expected, stored.updated)
        ), False
    return stored, now > stored.next


def advanced(schedule: Ncrontab, status: ScheduleStatus, invoked: datetime, *, on_schedule: bool) -> ScheduleStatus:
    """The status after a run that began at `invoked`. One that fired early counts from its scheduled moment."""
    moment = max(invoked, status.next) if on_schedule else invoked
    return ScheduleStatus(last=moment, next=schedule.next_after(moment), updated=moment)


def is_monitored(schedule: Ncrontab) -> bool:
    """True if missed occurrences count: not for a schedule that fires more than once in every minute."""
    every_minute = len(schedule.minutes) == 60 and len(schedule.hours) == 24
    every_day = len(schedule.days) == 31 and len(schedule.months) == 12 and len(schedule.weekdays) == 7
    return not (every_minute and every_day and len(schedule.seconds) > 1)


def timer_document(status: ScheduleStatus | None, *, past_due: bool) -> str:
    """The JSON that a timer function gets; `status` None when the timer is not monitored."""
    return json.dumps(
        {
            "Schedule": {"AdjustForDST": True},
            "ScheduleStatus": _document(status) if status else None,
            "IsPastDue": past_due,
        }
    )


class StatusFile:
    """Remembers a timer's status over a restart, or, without a folder, while the host runs."""

    def __init__(self, folder: Path | None, function: str) -> None:
        self._path = folder / "timers" / f"{function}.json" if folder else None

    def load(self) -> ScheduleStatus | None:
        """A file that cannot be read counts as none."""
        if self._path is None:
            return None
        try:
            raw = json.loads(self._path.read_text("utf-8"))
            last = _moment(raw["Last"])
            return ScheduleStatus(None if last.year == 1 else last, _moment(raw["Next"]), _moment(raw["LastUpdated"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def save(self, status: ScheduleStatus) -> None:
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(_document(status)), "utf-8")
        draft.replace(self._path)


def _document(status: ScheduleStatus) -> dict[str, Any]:
    return {
        "Last": status.last.isoformat() if status.last else "0001-01-01T00:00:00+00:00",
        "Next": status.next.isoformat(),
        "LastUpdated": status.updated.isoformat(),
    }


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a datetime needs a time zone")
    return moment
