"""One run of the timer: everything due in both capabilities, and a heartbeat that records a complete run."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from shared.bookings.model.email_ids import DueMail
from shared.bookings.reconcile.reconcile_all import BookingReconciler, ReconcileResult
from shared.bookings.retention.run import Retention
from shared.failure_isolation import run_isolated
from shared.mail.pause import MailPause
from shared.referrals.follow_up.referral_reconciler import ReferralReconciler
from shared.referrals.intake.orphan_recovery import OrphanRecovery
from shared.tables.service_table import ServiceRows
from shared.timer.marks import Heartbeat, RecoveryMark

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DueWork:
    """The messages for the queues: emails by session and email id, referrals by reference."""

    mails: tuple[DueMail, ...]
    referrals: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerRun:
    """The parts of a run. `staff` notify the organiser and facilitators of what it found, by a name for the log."""

    read_service_rows: Callable[[], ServiceRows]
    bookings: BookingReconciler
    referrals: ReferralReconciler
    orphan_recovery: OrphanRecovery
    recovery_mark: RecoveryMark
    heartbeat: Heartbeat
    pause: MailPause
    retention: Retention
    staff: Mapping[str, Callable[[ReconcileResult, datetime], object]] = field(default_factory=dict)

    def run(self, now: datetime) -> DueWork:
        """Does everything due at `now` (UTC) and returns the work for the queues. Raises nothing.

        1. Read the table `Service`, and take over a pause that another process began.
        2. Recover orphaned referrals (once an hour), then reconcile referrals and list those to forward.
        3. Reconcile bookings, notify staff, and list the due emails within the quota that the referrals leave.
        4. Delete bookings that are no longer needed (once a day), unless step 1 failed.
        5. Record the heartbeat if steps 1 to 3 were complete.
        6. Return the work, or none during a pause.

        Each step is isolated: its failure is logged and stops no other step.
        """
        memory = run_isolated(logger, "memory", self._read_rows)
        rows = memory.value or {}
        referrals = run_isolated(logger, "referrals", lambda: self._referrals(rows, now))
        references = referrals.value or []
        bookings = run_isolated(logger, "bookings", lambda: self._bookings(rows, now, ahead=len(references)))
        mails, complete = bookings.value or ([], False)
        if memory.succeeded:
            run_isolated(logger, "retention", lambda: self.retention.run(rows, now))
        if memory.succeeded and referrals.succeeded and complete:
            run_isolated(logger, "heartbeat", lambda: self.heartbeat.beat(now))
        paused = run_isolated(logger, "pause", lambda: self.pause.is_on(now)).value
        return DueWork((), ()) if paused else DueWork(tuple(mails), tuple(references))

    def _read_rows(self) -> ServiceRows:
        rows = self.read_service_rows()
        self.pause.refresh(rows)
        return rows

    def _referrals(self, rows: ServiceRows, now: datetime) -> list[str]:
        if self.recovery_mark.is_due(rows, now):
            run_isolated(logger, "adoption", lambda: self._recover_orphans(now))
        return self.referrals.run(rows, now)

    def _recover_orphans(self, now: datetime) -> None:
        self.orphan_recovery.run()
        self.recovery_mark.done(now)

    def _bookings(self, rows: ServiceRows, now: datetime, *, ahead: int) -> tuple[list[DueMail], bool]:
        found = self.bookings.run(rows, now)
        for name, notify in self.staff.items():
            run_isolated(logger, name, partial(notify, found, now))
        return self.bookings.mails_within_quota(found.reconciled, now, ahead=ahead), found.complete
