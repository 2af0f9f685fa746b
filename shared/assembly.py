"""Everything that a trigger can call, put together from the settings, each part when it is first asked for.

Adapters are imported where they are built: a function that sends no mail does not wait for a mail client to load.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from shared import adapters
from shared.bookings.direct import DirectMail
from shared.bookings.looking_after import LookingAfter
from shared.bookings.mailing import BookingMailer
from shared.bookings.managed import CalendarNames, ManageLinks
from shared.bookings.managing import Managing
from shared.bookings.orphans import SessionFinder
from shared.bookings.places import Policy
from shared.bookings.repository import BookingRepository
from shared.bookings.schedule import BookingSchedule
from shared.bookings.service import BookingService
from shared.bookings.writing import BookingWriter
from shared.content import Content, load_content
from shared.mail.budget import Budget
from shared.mail.ledger import MailLedger
from shared.mail.letters import Letters
from shared.mail.message import MailSender
from shared.referrals.acknowledging import Acknowledging
from shared.referrals.forwarding import ReferralForwarder
from shared.referrals.links import ReferralLinks
from shared.referrals.mailbox import ProviderMailbox
from shared.referrals.service import ReferralService
from shared.rows import Table
from shared.schedule import Schedule
from shared.service_rows import Adoption, Heartbeat, MailPause, SessionRegister, remembered
from shared.settings import Settings, Support
from shared.signing import Signer
from shared.upkeep import retention, staff

if TYPE_CHECKING:
    from shared.referrals.repository import ReferralRepository
    from shared.referrals.sealing import Sealed

type Clock = Callable[[], datetime]

_ROOT = Path(__file__).parents[1]


class Services:
    """Everything that a trigger can call, built from the settings when it is first asked for."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock

    def now(self) -> datetime:
        """The present moment, in UTC."""
        return self._clock()

    @cached_property
    def content(self) -> Content:
        return load_content(_ROOT / self._settings.content_file)

    @property
    def site_url(self) -> str:
        """Where people reach the pages, without a slash at its end."""
        return str(self._settings.site_url).rstrip("/")

    @property
    def closed(self) -> frozenset[Support]:
        """The kinds of support that take nobody at the moment."""
        return self._settings.closed

    @property
    def bookings_kept_days(self) -> int:
        """For how many days after a session its bookings are kept."""
        return self._settings.bookings_kept_days

    def proof(self, purpose: str, *parts: str) -> str:
        return self._signer.proof(purpose, *parts)

    def is_proof(self, signature: str, purpose: str, *parts: str) -> bool:
        return self._signer.is_proof(signature, purpose, *parts)

    @cached_property
    def _signer(self) -> Signer:
        keys = (self._settings.link_key, self._settings.link_key_previous)
        return Signer(tuple(key.get_secret_value() for key in keys if key is not None))

    @cached_property
    def policy(self) -> Policy:
        """Who gets a place, as this installation chose."""
        return Policy(
            domains=self._settings.booking_domains,
            cutoff=timedelta(hours=self._settings.waiting_list_ends_hours),
            check_weekdays=self._settings.check_weekdays,
        )

    @cached_property
    def bookings(self) -> BookingService:
        return BookingService(self._roster, self._settings.booking_key.get_secret_value(), self.policy)

    @cached_property
    def managing(self) -> Managing:
        mails = self.content.mails
        names = CalendarNames(mails.subject_name, mails.sign_off, self._settings.email_sender)
        return Managing(self._roster, self._finder, self.bookings, self._manage_links, names)

    @cached_property
    def _finder(self) -> SessionFinder:
        return SessionFinder(self._roster, self._register)

    @cached_property
    def _manage_links(self) -> ManageLinks:
        return ManageLinks(self._signer, self.site_url)

    @cached_property
    def booking_mailer(self) -> BookingMailer:
        writer = BookingWriter(
            rosters=self._roster,
            log=self._ledger,
            letters=self._letters,
            links=self._manage_links,
            policy=self.policy,
        )
        return BookingMailer(
            attendees=self._roster,
            finder=self._finder,
            ledger=self._ledger,
            pause=self._pause,
            sender=self._sender,
            writer=writer,
            policy=self.policy,
        )

    @cached_property
    def referrals(self) -> "ReferralService[Sealed]":
        from shared.referrals.sealing import Sealer

        sealer = Sealer(self._settings.referral_public_key)
        key = self._settings.referral_key.get_secret_value()
        return ReferralService(self._referral_rows, sealer.seal, key, self.content.one_to_one.consent_version)

    @cached_property
    def forwarder(self) -> "ReferralForwarder[Sealed]":
        from shared.referrals.sealing import unseal

        unwrapper = adapters.unwrapper(self._settings)
        return ReferralForwarder(
            queue=self._referral_rows,
            unseal=lambda reference, sealed: unseal(reference, sealed, unwrapper),
            pause=self._pause,
            sender=self._sender,
            letters=self._letters,
            recipient=self._settings.worker.referral_recipient,
        )

    @cached_property
    def referral_links(self) -> ReferralLinks:
        return ReferralLinks(self._signer, self.site_url, str(self._settings.collect_url or "").rstrip("/"))

    @cached_property
    def acknowledging(self) -> Acknowledging:
        return Acknowledging(self._referral_rows)

    @cached_property
    def provider_mailbox(self) -> ProviderMailbox:
        return ProviderMailbox(self._referral_tables("ReferralService"))

    @cached_property
    def schedule(self) -> Schedule:
        looking = LookingAfter(rosters=self._roster, log=self._ledger, mover=self.managing, policy=self.policy)
        budget = Budget(self._settings.mails_per_minute, self._settings.mails_per_hour)
        bookings = BookingSchedule(rows=self._roster, looking=looking, register=self._register, budget=budget)
        return Schedule(
            remembered=lambda: remembered(self._service_table),
            bookings=bookings,
            referrals=self.referrals,
            adoption=Adoption(self._service_table),
            heart=self.heartbeat,
            pause=self._pause,
            retention=retention(self._settings, self._booking_tables),
            staff=staff(self._settings, self._service_table, self._direct_mail, self._letters, self.policy),
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
    def _direct_mail(self) -> DirectMail:
        return DirectMail(ledger=self._ledger, pause=self._pause, sender=self._sender)

    @cached_property
    def _service_table(self) -> Table:
        return self._booking_tables("Service")

    @cached_property
    def _register(self) -> SessionRegister:
        return SessionRegister(self._service_table)

    @cached_property
    def heartbeat(self) -> Heartbeat:
        return Heartbeat(self._service_table)

    @cached_property
    def _roster(self) -> BookingRepository:
        tables = self._booking_tables
        return BookingRepository(tables("Sessions"), tables("Bookings"), self._settings.reminders)

    @cached_property
    def _ledger(self) -> MailLedger:
        return MailLedger(self._booking_tables("MailLog"), self._booking_tables("MailIndex"))

    @cached_property
    def _pause(self) -> MailPause:
        return MailPause(self._service_table)

    @cached_property
    def _letters(self) -> Letters:
        return Letters(self.content)

    @cached_property
    def _sender(self) -> MailSender:
        return adapters.mail_sender(self._settings)

    @cached_property
    def _referral_rows(self) -> "ReferralRepository":
        from shared.referrals.repository import ReferralRepository

        tables = self._referral_tables
        return ReferralRepository(tables("Referrals"), tables("SealedReferrals"), tables("ReferralMail"))

    @cached_property
    def _referral_tables(self) -> Callable[[str], Table]:
        return adapters.tables(self._settings.referrals_storage)

    @cached_property
    def _booking_tables(self) -> Callable[[str], Table]:
        return adapters.tables(self._settings.bookings_storage)
