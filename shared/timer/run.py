"""One run of the timer: what is due in both capabilities, and a heartbeat that says that it ran."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from shared.bookings.model.email_ids import DueMail
from shared.bookings.reconcile.reconcile_all import ReconcileResult
from shared.bookings.reconcile.session_reconciler import ReconciledSession
from shared.tables.service_table import ServiceRows

logger = logging.getLogger(__name__)


class Bookings(Protocol):
    def run(self, service_rows: ServiceRows, now: datetime) -> ReconcileResult: ...
    def mails_within_quota(self, found: Sequence[ReconciledSession], now: datetime, *, ahead: int) -> list[DueMail]: ...


class Referrals(Protocol):
    def run(self, service_rows: ServiceRows, now: datetime) -> list[str]: ...


class OrphanRecovery(Protocol):
    def run(self) -> int: ...


class RecoveryMark(Protocol):
    def is_due(self, rows: ServiceRows, now: datetime) -> bool: ...
    def done(self, now: datetime) -> None: ...


class Retention(Protocol):
    def run(self, service_rows: ServiceRows, now: datetime) -> object: ...


class Heartbeat(Protocol):
    def beat(self, now: datetime) -> None: ...


class Pause(Protocol):
    def refresh(self, rows: ServiceRows) -> None: ...
    def is_on(self, now: datetime) -> bool: ...


@dataclass(frozen=True, slots=True)
class DueWork:
    """What the queues are to be told: mails by session and mail id, referrals by reference."""

    mails: tuple[DueMail, ...]
    referrals: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerRun:
    """What the timer runs. A part that fails does not stop the others; only a whole run is a heartbeat.

    `staff` are those who look at what a run saw and tell the few who run the sessions, by a name for the log.
    """

    read_service_rows: Callable[[], ServiceRows]
    bookings: Bookings
    referrals: Referrals
    orphan_recovery: OrphanRecovery
    recovery_mark: RecoveryMark
    heartbeat: Heartbeat
    pause: Pause
    retention: Retention
    staff: Mapping[str, Callable[[ReconcileResult, datetime], object]] = field(default_factory=dict)

    def run(self, now: datetime) -> DueWork:
        """Everything due at `now` (UTC); nothing of it while the mail service wants to be left alone."""
        rows = self._guarded("memory", self._read_rows)
        references = self._guarded("referrals", lambda: self._referrals(rows or {}, now))
        ahead = len(references or ())  # of what the mail service allows, referrals come first
        bookings = self._guarded("bookings", lambda: self._bookings(rows or {}, now, ahead))
        if rows is not None:
            self._guarded("retention", lambda: self.retention.run(rows, now))
        mails, complete = bookings or ([], False)
        if rows is not None and complete and references is not None:
            self._guarded("heartbeat", lambda: self.heartbeat.beat(now))
        paused = self._guarded("pause", lambda: self.pause.is_on(now))
        return DueWork((), ()) if paused else DueWork(tuple(mails), tuple(references or ()))

    def _read_rows(self) -> ServiceRows:
        rows = self.read_service_rows()
        self.pause.refresh(rows)
        return rows

    def _bookings(self, rows: ServiceRows, now: datetime, ahead: int) -> tuple[list[DueMail], bool]:
        seen = self.bookings.run(rows, now)
        for name, tell in self.staff.items():
            self._guarded(name, lambda tell=tell: tell(seen, now))  # type: ignore[misc]  # bound now
        return self.bookings.mails_within_quota(seen.reconciled, now, ahead=ahead), seen.complete

    def _referrals(self, rows: ServiceRows, now: datetime) -> list[str]:
        if self.recovery_mark.is_due(rows, now):
            self._guarded("adoption", lambda: self._recover_orphans(now))
        return self.referrals.run(rows, now)

    def _recover_orphans(self, now: datetime) -> None:
        self.orphan_recovery.run()
        self.recovery_mark.done(now)

    def _guarded[T](self, part: str, act: Callable[[], T]) -> T | None:
        try:
            return act()
        except Exception as error:  # noqa: BLE001  # whatever it is, one part must not stop the others
            # Its type alone: a message can quote a cell.
            logger.error("timer run: %s failed: %s", part, type(error).__name__)  # noqa: TRY400
            return None
