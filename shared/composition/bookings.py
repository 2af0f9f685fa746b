"""Services for group session bookings, each built on first use."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property

from shared.bookings.emails.address_limit.mailbox_limits import MailboxLimits
from shared.bookings.emails.composer import BookingMailComposer
from shared.bookings.emails.mailer import BookingMailer
from shared.bookings.emails.manage_links import ManageLinks
from shared.bookings.model.allocation_policy import AllocationPolicy
from shared.bookings.model.attendee import Attendee
from shared.bookings.places.service import BookingService
from shared.bookings.reconcile.attendance import AttendanceCells
from shared.bookings.reconcile.reconcile_all import BookingReconciler, ReconcileResult
from shared.bookings.reconcile.session_reconciler import SessionReconciler
from shared.bookings.retention.run import Retention
from shared.bookings.self_service.booking_calendar import CalendarNames, calendar_names
from shared.bookings.self_service.service import SelfService
from shared.bookings.self_service.session_feed import SessionFeed
from shared.bookings.staff_emails.digest_log import DigestLogTable
from shared.bookings.staff_emails.facilitator_briefing import FacilitatorBriefing
from shared.bookings.staff_emails.immediate_sender import ImmediateSender
from shared.bookings.staff_emails.organiser_digest import OrganiserDigest
from shared.bookings.staff_emails.organiser_list import OrganiserList
from shared.bookings.tables.past_sessions import PastSessions
from shared.bookings.tables.repository import BookingRepository
from shared.bookings.tables.session_finder import SessionFinder
from shared.bookings.tables.session_register import SessionRegister
from shared.composition.context import AppContext
from shared.composition.mail import MailServices
from shared.config.choices import Attendance, FeedbackEmails
from shared.mail.ledger import MailLedger
from shared.mail.quota import SendingQuota
from shared.mail.sending import IdempotentSender

type StaffNotifier = Callable[[ReconcileResult, datetime], object]


class BookingServices:
    """Booking, self-service, emails and the timer's work on the sessions."""

    def __init__(self, context: AppContext, mail: MailServices) -> None:
        self._context = context
        self._settings = context.settings
        self._mail = mail

    @cached_property
    def policy(self) -> AllocationPolicy:
        """This installation's rules for allocating places."""
        return AllocationPolicy(
            domains=self._settings.booking_domains,
            cutoff=timedelta(hours=self._settings.waiting_list_ends_hours),
            check_weekdays=self._settings.check_weekdays,
            unproven_share=self._settings.unproven_share_percent,
            waiting_list_factor=self._settings.waiting_list_factor,
        )

    @cached_property
    def _policy_with_deadlines(self) -> AllocationPolicy:
        """The same rules with what only emails need: the bank holidays, and if feedback is asked for."""
        asks = self._settings.feedback_emails is FeedbackEmails.YES
        return replace(self.policy, working_days=self._context.content.working_days, feedback=asks)

    @property
    def kept_days(self) -> int:
        """The number of days for which bookings are kept after their session."""
        return self._settings.bookings_kept_days

    @property
    def adjustments_are_read(self) -> bool:
        """True if an organiser or facilitator reads the adjustments; otherwise the form does not ask for them."""
        return bool(self._settings.organiser_email or self._settings.facilitator_email)

    @property
    def names_go_to_facilitators(self) -> bool:
        """True if facilitators receive attendees' names; the form then says so."""
        return self._settings.names_go_to_facilitators

    @property
    def marks_attendance(self) -> bool:
        """True if it is noted of each person whether they came; the form then says so."""
        return self._settings.attendance is Attendance.NAMES

    @property
    def email_sender(self) -> str:
        """The address that emails come from."""
        return self._settings.email_sender

    @cached_property
    def places(self) -> BookingService:
        key = self._settings.booking_key.get_secret_value()
        return BookingService(self._repository, key, self.policy, log=self._ledger)

    def manage_url(self, session_id: str, attendee: Attendee) -> str:
        """The link that opens one booking, as emails to the attendee carry it."""
        return self._links.url(session_id, attendee)

    @cached_property
    def self_service(self) -> SelfService:
        return SelfService(self._repository, self._finder, self.places, self._links, self._calendar_names)

    @cached_property
    def feed(self) -> SessionFeed:
        return SessionFeed(self.places, self._calendar_names, f"{self._context.site_url}/sessions")

    @property
    def _calendar_names(self) -> CalendarNames:
        return calendar_names(self._context.content, self._settings.email_sender)

    @cached_property
    def mailer(self) -> BookingMailer:
        return BookingMailer(
            attendees=self._repository,
            finder=self._finder,
            composer=self._composer,
            sending=IdempotentSender(
                ledger=self._ledger,
                pause=self._mail.pause,
                sender=self._mail.sender,
                clock=self._mail.clock,
                share=self._mail.share,
            ),
            limits=self.mailbox_limits,
            policy=self._policy_with_deadlines,
        )

    @cached_property
    def mailbox_limits(self) -> MailboxLimits:
        key = self._settings.booking_key.get_secret_value()
        return MailboxLimits(self._context.booking_tables("MailLimits"), key)

    @cached_property
    def reconciler(self) -> BookingReconciler:
        reconciler = SessionReconciler(
            rosters=self._repository,
            log=self._ledger,
            mover=self.self_service.mover,
            policy=self._policy_with_deadlines,
            attendance=AttendanceCells(self._settings.attendance, timedelta(days=self.kept_days)),
        )
        quota = SendingQuota(*self._settings.mail_quota)
        return BookingReconciler(
            rows=self._repository,
            reconciler=reconciler,
            register=self._register,
            past=PastSessions(self._context.service_table),
            quota=quota,
        )

    @cached_property
    def retention(self) -> Retention:
        tables = self._context.booking_tables
        return Retention(
            sessions=tables("Sessions"),
            bookings=tables("Bookings"),
            log=tables("MailLog"),
            index=tables("MailIndex"),
            service=self._context.service_table,
            kept=timedelta(days=self.kept_days),
        )

    @cached_property
    def staff_notifiers(self) -> Mapping[str, StaffNotifier]:
        """Emails to staff after a timer run, by a name for the log: those whose address is in the settings."""
        notifiers: dict[str, StaffNotifier] = {}
        if self._settings.organiser_email:
            notifiers["organiser"] = self._organiser_digest(self._settings.organiser_email).run
            lists = self._organiser_list(self._settings.organiser_email)
            notifiers["organiser list"] = lambda seen, now: lists.run(seen.reconciled, now)
        if self._settings.facilitator_email:
            briefing = self._facilitator_briefing(self._settings.facilitator_email)
            notifiers["facilitators"] = lambda seen, now: briefing.run(seen.reconciled, now)
        return notifiers

    def _organiser_digest(self, address: str) -> OrganiserDigest:
        return OrganiserDigest(
            address=address,
            key=self._settings.booking_key.get_secret_value(),
            digest_log=DigestLogTable(self._context.service_table),
            mail=self._immediate_sender,
            renderer=self._mail.renderer,
            policy=self._policy_with_deadlines,
        )

    def _organiser_list(self, address: str) -> OrganiserList:
        return OrganiserList(
            address=address, rows=self._repository, mail=self._immediate_sender, renderer=self._mail.renderer
        )

    def _facilitator_briefing(self, address: str) -> FacilitatorBriefing:
        return FacilitatorBriefing(
            address=address,
            names=self.names_go_to_facilitators,
            mail=self._immediate_sender,
            renderer=self._mail.renderer,
        )

    @cached_property
    def _composer(self) -> BookingMailComposer:
        return BookingMailComposer(
            rosters=self._repository,
            log=self._ledger,
            renderer=self._mail.renderer,
            links=self._links,
            policy=self._policy_with_deadlines,
        )

    @cached_property
    def _immediate_sender(self) -> ImmediateSender:
        mail = self._mail
        return ImmediateSender(
            ledger=self._ledger, pause=mail.pause, sender=mail.sender, clock=mail.clock, share=mail.share
        )

    @cached_property
    def _links(self) -> ManageLinks:
        return ManageLinks(self._context.signer, self._context.site_url)

    @cached_property
    def _finder(self) -> SessionFinder:
        return SessionFinder(self._repository, self._register)

    @cached_property
    def _register(self) -> SessionRegister:
        return SessionRegister(self._context.service_table)

    @cached_property
    def _ledger(self) -> MailLedger:
        return MailLedger(self._context.booking_tables("MailLog"), self._context.booking_tables("MailIndex"))

    @cached_property
    def _repository(self) -> BookingRepository:
        tables = self._context.booking_tables
        return BookingRepository(
            tables("Sessions"),
            tables("Bookings"),
            self._settings.reminders,
            self._register,
            marks_attendance=self.marks_attendance,
        )
