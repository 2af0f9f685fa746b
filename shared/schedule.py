"""One run of the timer: what is due in both capabilities, and a heartbeat that says that it ran."""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.bookings.schedule import DueMail
from shared.rows import StorageError

logger = logging.getLogger(__name__)

_ADOPTION_MINUTES = 5  # of each hour: one run in it looks for referrals whose status was never written


class Bookings(Protocol):
    def run(self, now: datetime) -> tuple[list[DueMail], bool]: ...


class Referrals(Protocol):
    def due(self, now: datetime) -> list[str]: ...
    def adopt(self) -> int: ...


class Heart(Protocol):
    def beat(self, now: datetime) -> None: ...


class Pause(Protocol):
    def refresh(self) -> None: ...
    def is_on(self, now: datetime) -> bool: ...


@dataclass(frozen=True, slots=True)
class Due:
    """What the queues are to be told: mails by session and mail id, referrals by reference."""

    mails: tuple[DueMail, ...]
    referrals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Schedule:
    """What the timer runs. A part that fails does not stop the others; only a whole run is a heartbeat."""

    bookings: Bookings
    referrals: Referrals
    heart: Heart
    pause: Pause

    def run(self, now: datetime) -> Due:
        """Everything due at `now` (UTC); nothing of it while the mail service wants to be left alone."""
        due, complete = Due((), ()), True
        try:
            self.pause.refresh()
            mails, complete = self.bookings.run(now)
            due = Due(tuple(mails), ())
        except StorageError as error:
            complete = _failed("bookings", error)
        try:
            due = Due(due.mails, tuple(self._referrals(now)))
        except StorageError as error:
            complete = _failed("referrals", error)
        if complete:
            self._beat(now)
        return Due((), ()) if self.pause.is_on(now) else due

    def _referrals(self, now: datetime) -> list[str]:
        if now.minute < _ADOPTION_MINUTES:
            self.referrals.adopt()
        return self.referrals.due(now)

    def _beat(self, now: datetime) -> None:
        try:
            self.heart.beat(now)
        except StorageError as error:
            _failed("heartbeat", error)


def _failed(part: str, error: StorageError) -> bool:
    logger.error("the schedule could not finish: %s: %s", part, error)
    return False
