"""One run of the timer: everything due in both capabilities, and a heartbeat that records the run."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from shared.bookings.emails.address_limit.mailbox_limits import MailboxLimits
from shared.bookings.model.email_ids import DueMail
from shared.bookings.reconcile.reconcile_all import BookingReconciler, ReconcileResult
from shared.bookings.reconcile.session_reconciler import ReconciledSession
from shared.bookings.retention.run import Retention
from shared.failure_isolation import Result, run_isolated
from shared.mail.missing_reports import MissingReports
from shared.mail.pause import MailPause
from shared.numbers.daily_numbers import DailyNumbers
from shared.referrals.follow_up.referral_reconciler import ReferralReconciler
from shared.referrals.follow_up.referral_release import DueReferrals
from shared.referrals.intake.orphan_recovery import OrphanRecovery
from shared.tables.service_table import ServiceRows
from shared.timer.marks import Heartbeat, RecoveryMark
from shared.timer.run_report import EMAIL_SET_UP, RunReport, failures
from shared.wording.sentences import sentence

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DueWork:
    """The messages for the queues: emails by session and email id, referrals by reference, batches of them by id."""

    mails: tuple[DueMail, ...]
    referrals: tuple[str, ...]
    batches: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralWork:
    """The parts of a run that are about referrals."""

    prove_keys: Callable[[datetime], None]
    reconciler: ReferralReconciler
    orphan_recovery: OrphanRecovery
    recovery_mark: RecoveryMark

    def run(self, rows: ServiceRows, parts: "_Parts", now: datetime) -> DueReferrals:
        parts.run("key proof", lambda: self.prove_keys(now))
        return parts.run("referrals", lambda: self._reconcile(rows, parts, now)).value or DueReferrals()

    def _reconcile(self, rows: ServiceRows, parts: "_Parts", now: datetime) -> DueReferrals:
        if self.recovery_mark.is_due(rows, now):
            parts.run("adoption", lambda: self._recover_orphans(now))
        return self.reconciler.run(rows, now)

    def _recover_orphans(self, now: datetime) -> None:
        self.orphan_recovery.run()
        self.recovery_mark.done(now)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerRun:
    """The parts of a run; None for `bookings` or `referrals` where that kind of support is not offered.

    `note_deleted` notes the bookings that someone deleted by hand. `staff` notify the organiser and facilitators of
    what the run found, by a name for the log.
    """

    read_service_rows: Callable[[], ServiceRows]
    bookings: BookingReconciler | None
    referrals: ReferralWork | None
    heartbeat: Heartbeat
    pause: MailPause
    limits: MailboxLimits
    retention: Retention
    numbers: DailyNumbers
    note_deleted: Callable[[Sequence[ReconciledSession], datetime], None]
    missing_reports: MissingReports | None = None
    staff: Mapping[str, Callable[[ReconcileResult, datetime], object]] = field(default_factory=dict)

    def run(self, now: datetime) -> DueWork:
        """Does everything due at `now` (UTC) and returns the work for the queues. Raises nothing.

        1. Read the table `Service`, and take over a pause that another process began. Unless that failed, write the
           numbers for a board (once a day).
        2. Prove that referrals can be opened (at the start of the process and once an hour). Recover orphaned referrals
           (once an hour), then reconcile referrals and list those that go now.
        3. Reconcile bookings, name those under sessions that do not exist (looked for once an hour), note those that
           someone deleted by hand, notify staff, and list the due emails within the quota that the referrals leave.
        4. Forget the mailboxes whose last email is over a day old. Unless step 1 failed, delete bookings that are no
           longer needed, and ask for missing delivery reports for a minute at most (each once a day).
        5. Record the heartbeat, with what failed, even if every step did: the run went through all it could.
        6. Return the work; during a pause that bookings caused, that of referrals only.

        Each step is isolated: its failure is logged and stops no other step.
        """
        parts = _Parts()
        memory = parts.run("memory", self._read_rows)
        rows = memory.value or {}
        if memory.succeeded:  # before anything is deleted that it counts
            parts.run("numbers", lambda: self.numbers.run(rows, now))
        referrals = self.referrals.run(rows, parts, now) if self.referrals else DueReferrals()
        mails, found = self._bookings(self.bookings, rows, parts, now, ahead=referrals.emails)
        parts.run("address limits", lambda: self.limits.prune(now))
        if memory.succeeded:
            parts.run("retention", lambda: self.retention.run(rows, now))
            if problem := self.pause.set_up_problem(rows):
                parts.failed[EMAIL_SET_UP] = problem
        paused = parts.run("pause", lambda: self.pause.is_on(now)).value
        if memory.succeeded and self.missing_reports is not None:  # the last of the work: what is due was found before
            parts.run("delivery reports", partial(self.missing_reports.run, rows, now))
        run_isolated(logger, "heartbeat", lambda: self._beat(rows, parts, found, now))
        return DueWork(() if paused else tuple(mails), referrals.references, referrals.batches)

    def _beat(self, rows: ServiceRows, parts: "_Parts", found: ReconcileResult | None, now: datetime) -> None:
        before = self.heartbeat.before(rows) or RunReport(at=now)
        lost = found.lost.items() if found else ()
        rosters = {each: sentence("health.lost-bookings", number=number) for each, number in lost}
        self.heartbeat.beat(
            RunReport(
                at=now,
                parts=failures(parts.failed, before.parts, now),
                # Where no session was looked at, those that failed before have not been mended.
                sessions=before.sessions if found is None else failures(found.failed, before.sessions, now),
                rosters=before.rosters if found is None else failures(rosters, before.rosters, now),
            )
        )

    def _read_rows(self) -> ServiceRows:
        rows = self.read_service_rows()
        self.pause.refresh(rows)
        return rows

    def _bookings(
        self, bookings: BookingReconciler | None, rows: ServiceRows, parts: "_Parts", now: datetime, *, ahead: int
    ) -> tuple[list[DueMail], ReconcileResult | None]:
        if bookings is None:
            return [], None
        done = parts.run("bookings", lambda: self._reconcile(bookings, rows, parts, now, ahead=ahead))
        return done.value or ([], None)

    def _reconcile(
        self, bookings: BookingReconciler, rows: ServiceRows, parts: "_Parts", now: datetime, *, ahead: int
    ) -> tuple[list[DueMail], ReconcileResult]:
        found = bookings.run(rows, now)
        strays = parts.run("bookings without a session", lambda: bookings.find_strays(found, rows, now))
        found = replace(found, strays=strays.value or ())
        parts.run("deletion notes", lambda: self.note_deleted(found.reconciled, now))
        for name, notify in self.staff.items():
            parts.run(name, partial(notify, found, now))
        return bookings.mails_within_quota(found.reconciled, now, ahead=ahead), found


@dataclass(frozen=True, slots=True)
class _Parts:
    """Runs the parts of one run, and keeps the type of the error of each that failed, by its name."""

    failed: dict[str, str] = field(default_factory=dict)

    def run[T](self, part: str, action: Callable[[], T]) -> Result[T]:
        result = run_isolated(logger, part, action)
        if not result.succeeded:
            self.failed[part] = type(result.error).__name__
        return result
