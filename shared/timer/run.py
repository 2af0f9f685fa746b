"""One run of the timer: what is due in both capabilities, and a heartbeat that says that it ran."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from shared.bookings.model.email_ids import DueMail
from shared.bookings.reconcile.reconcile_all import Round
from shared.bookings.reconcile.session_reconciler import LookedAfter
from shared.tables.service_table import Remembered

logger = logging.getLogger(__name__)


class Bookings(Protocol):
    def run(self, remembered: Remembered, now: datetime) -> Round: ...
    def released(self, found: Sequence[LookedAfter], now: datetime, *, ahead: int) -> list[DueMail]: ...


class Referrals(Protocol):
    def run(self, remembered: Remembered, now: datetime) -> list[str]: ...


class Adopting(Protocol):
    def run(self) -> int: ...


class Adoption(Protocol):
    def is_due(self, rows: Remembered, now: datetime) -> bool: ...
    def done(self, now: datetime) -> None: ...


class Retention(Protocol):
    def run(self, remembered: Remembered, now: datetime) -> object: ...


class Heart(Protocol):
    def beat(self, now: datetime) -> None: ...


class Pause(Protocol):
    def refresh(self, rows: Remembered) -> None: ...
    def is_on(self, now: datetime) -> bool: ...


@dataclass(frozen=True, slots=True)
class Due:
    """What the queues are to be told: mails by session and mail id, referrals by reference."""

    mails: tuple[DueMail, ...]
    referrals: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """What the timer runs. A part that fails does not stop the others; only a whole run is a heartbeat.

    `staff` are those who look at what a run saw and tell the few who run the sessions, by a name for the log.
    """

    remembered: Callable[[], Remembered]
    bookings: Bookings
    referrals: Referrals
    adopting: Adopting
    adoption: Adoption
    heart: Heart
    pause: Pause
    retention: Retention
    staff: Mapping[str, Callable[[Round, datetime], object]] = field(default_factory=dict)

    def run(self, now: datetime) -> Due:
        """Everything due at `now` (UTC); nothing of it while the mail service wants to be left alone."""
        rows = self._tried("memory", self._remembered)
        references = self._tried("referrals", lambda: self._referrals(rows or {}, now))
        ahead = len(references or ())  # of what the mail service allows, referrals come first
        bookings = self._tried("bookings", lambda: self._bookings(rows or {}, now, ahead))
        if rows is not None:
            self._tried("retention", lambda: self.retention.run(rows, now))
        mails, complete = bookings or ([], False)
        if rows is not None and complete and references is not None:
            self._tried("heartbeat", lambda: self.heart.beat(now))
        paused = self._tried("pause", lambda: self.pause.is_on(now))
        return Due((), ()) if paused else Due(tuple(mails), tuple(references or ()))

    def _remembered(self) -> Remembered:
        rows = self.remembered()
        self.pause.refresh(rows)
        return rows

    def _bookings(self, rows: Remembered, now: datetime, ahead: int) -> tuple[list[DueMail], bool]:
        seen = self.bookings.run(rows, now)
        for name, tell in self.staff.items():
            self._tried(name, lambda tell=tell: tell(seen, now))  # type: ignore[misc]  # bound now
        return self.bookings.released(seen.looked, now, ahead=ahead), seen.complete

    def _referrals(self, rows: Remembered, now: datetime) -> list[str]:
        if self.adoption.is_due(rows, now):
            self._tried("adoption", lambda: self._adopt(now))
        return self.referrals.run(rows, now)

    def _adopt(self, now: datetime) -> None:
        self.adopting.run()
        self.adoption.done(now)

    def _tried[T](self, part: str, act: Callable[[], T]) -> T | None:
        try:
            return act()
        except Exception as error:  # noqa: BLE001  # whatever it is, one part must not stop the others
            # Its type alone: a message can quote a cell.
            logger.error("the schedule could not finish: %s: %s", part, type(error).__name__)  # noqa: TRY400
            return None
