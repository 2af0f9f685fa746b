"""Decides when a timer runs: one call for an occurrence, one for all that were missed, none twice."""

from dataclasses import dataclass
from datetime import datetime

from local.host.timers.ncrontab import Ncrontab
from local.host.timers.occurrences import ScheduleStatus, advanced, first_status, is_monitored, resumed

# A run that begins this late, in real seconds, was not slow: the clock jumped over its moment.
_LATE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Due:
    """A run that has to begin. `on_schedule` is False for one that makes up for others, or is for the start."""

    at: datetime
    past_due: bool
    on_schedule: bool


class TimerPlan:
    """Is told the time again and again; the time may jump in both directions.

    Occurrences are missed while the host is down (when there is a stored status) or when the clock jumps forward.
    After a run longer than the interval the next begins at once and is not past due. When the clock moves backwards
    the next occurrence is computed anew.
    """

    def __init__(
        self, schedule: Ncrontab, now: datetime, *, stored: ScheduleStatus | None, use_monitor: bool, at_startup: bool
    ) -> None:
        self._schedule = schedule
        self._monitored = use_monitor and is_monitored(schedule)
        self._status, missed = resumed(schedule, stored if self._monitored else None, now)
        self._startup = Due(now, past_due=missed, on_schedule=False) if missed or at_startup else None
        self._seen = now
        self._waited = False

    @property
    def next(self) -> datetime:
        return self._status.next

    @property
    def status(self) -> ScheduleStatus | None:
        """None when missed occurrences do not count."""
        return self._status if self._monitored else None

    def is_due(self, now: datetime) -> bool:
        return self._startup is not None or now < self._seen or now >= self._status.next

    def due(self, now: datetime, speed: float) -> Due | None:
        """The run that has to begin now, if any; `finished` has to be told when it has ended."""
        if now < self._seen:
            self._status = first_status(self._schedule, now)
        self._seen = now
        if self._startup:
            startup, self._startup = self._startup, None
            return Due(now, past_due=startup.past_due, on_schedule=False)
        if now < self._status.next:
            self._waited = True
            return None
        late = (now - self._status.next).total_seconds() > _LATE_SECONDS * speed
        past_due = late and self._waited and self._monitored
        return Due(now, past_due=past_due, on_schedule=not past_due)

    def finished(self, due: Due) -> None:
        self._status = advanced(self._schedule, self._status, due.at, on_schedule=due.on_schedule)
        self._waited = False
