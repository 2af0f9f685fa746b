"""Everything that a trigger can call, put together from the settings, each part when it is first asked for."""

from datetime import timedelta
from functools import cached_property

from shared.bookings.emails.composer import BookingMailComposer
from shared.bookings.emails.mailer import BookingMailer
from shared.bookings.emails.manage_links import ManageLinks
from shared.bookings.model.allocation_policy import AllocationPolicy
from shared.bookings.places.service import BookingService
from shared.bookings.reconcile.reconcile_all import BookingReconciler
from shared.bookings.reconcile.session_reconciler import SessionReconciler
from shared.bookings.self_service.booking_calendar import CalendarNames
from shared.bookings.self_service.service import SelfService
from shared.bookings.tables.repository import BookingRepository
from shared.bookings.tables.session_finder import SessionFinder
from shared.bookings.tables.session_register import SessionRegister
from shared.composition.referrals import ReferralServices
from shared.composition.upkeep import retention, staff
from shared.mail.immediate_sender import ImmediateSender
from shared.mail.ledger import MailLedger
from shared.mail.quota import SendingQuota
from shared.tables.service_table import read_service_rows
from shared.timer.marks import Heartbeat, RecoveryMark
from shared.timer.run import TimerRun


class Services(ReferralServices):
    """Everything that a trigger can call, built from the settings when it is first asked for."""

    @cached_property
    def policy(self) -> AllocationPolicy:
        """Who gets a place, as this installation chose."""
        return AllocationPolicy(
            domains=self._settings.booking_domains,
            cutoff=timedelta(hours=self._settings.waiting_list_ends_hours),
            check_weekdays=self._settings.check_weekdays,
        )

    @cached_property
    def bookings(self) -> BookingService:
        return BookingService(self._roster, self._settings.booking_key.get_secret_value(), self.policy)

    @cached_property
    def self_service(self) -> SelfService:
        mails = self.content.mails
        names = CalendarNames(mails.subject_name, mails.sign_off, self._settings.email_sender)
        return SelfService(self._roster, self._finder, self.bookings, self._manage_links, names)

    @cached_property
    def _finder(self) -> SessionFinder:
        return SessionFinder(self._roster, self._register)

    @cached_property
    def _manage_links(self) -> ManageLinks:
        return ManageLinks(self._signer, self.site_url)

    @cached_property
    def booking_mailer(self) -> BookingMailer:
        composer = BookingMailComposer(
            rosters=self._roster,
            log=self._ledger,
            renderer=self._renderer,
            links=self._manage_links,
            policy=self.policy,
        )
        return BookingMailer(
            attendees=self._roster,
            finder=self._finder,
            ledger=self._ledger,
            pause=self._pause,
            sender=self._sender,
            composer=composer,
            policy=self.policy,
        )

    @cached_property
    def schedule(self) -> TimerRun:
        reconciler = SessionReconciler(
            rosters=self._roster, log=self._ledger, mover=self.self_service, policy=self.policy
        )
        quota = SendingQuota(self._settings.mails_per_minute, self._settings.mails_per_hour)
        bookings = BookingReconciler(rows=self._roster, reconciler=reconciler, register=self._register, quota=quota)
        return TimerRun(
            read_service_rows=lambda: read_service_rows(self._service_table),
            bookings=bookings,
            referrals=self.tending,
            orphan_recovery=self.adopting,
            recovery_mark=RecoveryMark(self._service_table),
            heartbeat=self.heartbeat,
            pause=self._pause,
            retention=retention(self._settings, self._booking_tables),
            staff=staff(self._settings, self._service_table, self._immediate_sender, self._renderer, self.policy),
        )

    @property
    def adjustments_are_read(self) -> bool:
        """Whether anybody is there to read what people need: if not, nobody is asked."""
        return bool(self._settings.organiser_email or self._settings.facilitator_email)

    @property
    def names_go_to_facilitators(self) -> bool:
        """Whether those who run a session get the names of who comes: if so, the form says it."""
        return self._settings.names_go_to_facilitators

    @cached_property
    def _immediate_sender(self) -> ImmediateSender:
        return ImmediateSender(ledger=self._ledger, pause=self._pause, sender=self._sender)

    @cached_property
    def _register(self) -> SessionRegister:
        return SessionRegister(self._service_table)

    @cached_property
    def heartbeat(self) -> Heartbeat:
        return Heartbeat(self._service_table)

    @cached_property
    def _roster(self) -> BookingRepository:
        tables = self._booking_tables
        return BookingRepository(tables("Sessions"), tables("Bookings"), self._settings.reminders, self._register)

    @cached_property
    def _ledger(self) -> MailLedger:
        return MailLedger(self._booking_tables("MailLog"), self._booking_tables("MailIndex"))
