"""All services of a process, composed from its settings and built on first use."""

from contextlib import suppress
from datetime import datetime, timedelta
from functools import cached_property, partial

from shared.bookings.retention.session_tallies import SessionTallies
from shared.composition.backups import BackupServices
from shared.composition.bookings import BookingServices
from shared.composition.context import AppContext
from shared.composition.mail import MailServices
from shared.composition.referrals import ReferralServices
from shared.config.choices import Attendance
from shared.config.settings import Settings, Support
from shared.content.content import Content, ContentError
from shared.installation.here import use_installation
from shared.local_time import Clock
from shared.mail.delivery_reports import DeliveryReport
from shared.mail.missing_reports import MissingReports, Unreported, UnreportedInLog
from shared.numbers.daily_numbers import DailyNumbers
from shared.numbers.periods import Quarter
from shared.referrals.referral_rows import PARTITION, read_referral
from shared.referrals.retention.passed_on import passed_on
from shared.signing import Signer
from shared.tables.service_table import read_service_rows
from shared.timer.marks import Heartbeat, RecoveryMark
from shared.timer.run import ReferralWork, TimerRun


class Services:
    """The services that triggers call, by capability. `clock` returns the present moment, aware and in UTC."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._context = AppContext(settings)
        self._clock = clock
        with suppress(ContentError):  # whoever needs the content then says what is wrong with it
            use_installation(self._context.content.installation)
        self.mail = MailServices(self._context, clock)
        self.bookings = BookingServices(self._context, self.mail)
        self.referrals = ReferralServices(self._context, self.mail)
        self.backups = BackupServices(self._context)

    def now(self) -> datetime:
        """The present moment, in UTC."""
        return self._clock()

    @property
    def content(self) -> Content:
        """The content file of this installation.

        Raises:
            ContentError: it cannot be read or used.
        """
        return self._context.content

    @property
    def signer(self) -> Signer:
        """Signs and checks links, outcome addresses and form tokens."""
        return self._context.signer

    @property
    def site_url(self) -> str:
        """The public address of the site, without a slash at its end."""
        return self._context.site_url

    @property
    def collect_url(self) -> str:
        """The address at which the provider reaches the worker app, without a slash at its end; "" if none is set."""
        return self._context.collect_url

    @property
    def closed(self) -> frozenset[Support]:
        """The kinds of support that are closed by the CLOSED setting."""
        return self._context.settings.closed

    @property
    def booking_origins(self) -> frozenset[str]:
        """The origins whose pages may read the list of sessions and begin a booking, as browsers write them."""
        return self._context.settings.booking_origins

    @property
    def offered(self) -> frozenset[Support]:
        """The kinds of support that there are: those of the content file."""
        return self._context.settings.offered

    @cached_property
    def heartbeat(self) -> Heartbeat:
        return Heartbeat(self._context.service_table)

    @cached_property
    def timer_run(self) -> TimerRun:
        return TimerRun(
            read_service_rows=lambda: read_service_rows(self._context.service_table),
            bookings=self.bookings.reconciler if Support.BOOKINGS in self.offered else None,
            referrals=self._referral_work,
            heartbeat=self.heartbeat,
            pause=self.mail.pause,
            limits=self.bookings.mailbox_limits,
            retention=self.bookings.retention,
            numbers=self.daily_numbers,
            missing_reports=self.missing_reports if self.mail.asks_for_reports else None,
            note_deleted=self.backups.note_deleted,
            staff=self.bookings.staff_notifiers,
        )

    @property
    def _referral_work(self) -> ReferralWork | None:
        """The referrals' part of a run; None where no one-to-one sessions are offered."""
        if Support.ONE_TO_ONE not in self.offered:
            return None
        return ReferralWork(
            prove_keys=self.referrals.key_prover.run,
            reconciler=self.referrals.reconciler,
            orphan_recovery=self.referrals.orphan_recovery,
            recovery_mark=RecoveryMark(self._context.service_table),
        )

    @cached_property
    def daily_numbers(self) -> DailyNumbers:
        tables, attendance = self._context.booking_tables, self._context.settings.attendance
        tallies = SessionTallies(
            sessions=tables("Sessions"),
            bookings=tables("Bookings"),
            service=self._context.service_table,
            kept=timedelta(days=self.bookings.kept_days),
            attendance=attendance,
        )
        return DailyNumbers(
            numbers=tables("Numbers"),
            service=self._context.service_table,
            kept=tallies.kept,
            tallies=tallies.read,
            forget_tallies=tallies.forget,
            passed_on=self._passed_on if Support.ONE_TO_ONE in self.offered else None,
            with_attendance=attendance is not Attendance.NONE,
        )

    def _passed_on(self, quarter: Quarter) -> int:
        rows = self._context.referral_tables("Referrals").query(PartitionKey=PARTITION)
        return passed_on([read_referral(row) for row in rows], quarter)

    @cached_property
    def missing_reports(self) -> MissingReports:
        days = self.mail.sender.remembered_days
        sources: list[Unreported] = [UnreportedInLog(self._context.booking_tables("MailLog"), days)]
        if Support.ONE_TO_ONE in self.offered:
            sources.append(UnreportedInLog(self._context.referral_tables("ReferralService"), days))
            sources.append(partial(self.referrals.delivery_reports.unreported, days))
        return MissingReports(
            table=self._context.service_table,
            sender=self.mail.sender,
            sources=sources,
            take=self.record_report,
        )

    def record_report(self, report: DeliveryReport, now: datetime) -> bool:
        """Records a delivery report at `now` (UTC); False if no email has its id.

        Raises:
            StorageError: it may not be recorded; record it again.
            ReferralsBusyError: as that.
        """
        is_known = Support.ONE_TO_ONE in self.offered and self.referrals.delivery_reports.take(report, now)
        return is_known or self.bookings.mailer.record_report(str(report.operation_id), report.status, now)
