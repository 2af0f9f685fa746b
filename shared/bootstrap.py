"""The composition root: builds the services once, on first use. Only this module knows every adapter.

Adapters are imported where they are built: a function that sends no mail does not wait for a mail client to load.
"""

import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from shared.bookings.mailing import BookingMailer
from shared.bookings.repository import BookingRepository
from shared.bookings.schedule import BookingSchedule
from shared.bookings.service import BookingService
from shared.content import Content, load_content
from shared.links import is_proof, proof
from shared.mail.ledger import MailLedger
from shared.mail.letters import Letters
from shared.mail.message import MailSender
from shared.referrals.forwarding import ReferralForwarder
from shared.referrals.service import ReferralService
from shared.rows import Table
from shared.schedule import Schedule
from shared.service_rows import Heartbeat, MailPause
from shared.settings import Settings, StorageConnection
from shared.telemetry import configure

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

    from shared.referrals.repository import ReferralRepository
    from shared.referrals.sealing import Sealed, Unwrapper

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

    def proof(self, purpose: str, *parts: str) -> str:
        return proof(self._settings.link_key.get_secret_value(), purpose, *parts)

    def is_proof(self, signature: str, purpose: str, *parts: str) -> bool:
        return is_proof(signature, self._settings.link_key.get_secret_value(), purpose, *parts)

    @cached_property
    def bookings(self) -> BookingService:
        return BookingService(self._roster, self._settings.booking_key.get_secret_value())

    @cached_property
    def booking_mailer(self) -> BookingMailer:
        return BookingMailer(self._roster, self._ledger, self._pause, self._sender, self._letters)

    @cached_property
    def referrals(self) -> "ReferralService[Sealed]":
        from shared.referrals.sealing import Sealer

        sealer = Sealer(self._settings.referral_public_key)
        key = self._settings.referral_key.get_secret_value()
        return ReferralService(self._referral_rows, sealer.seal, key, self.content.one_to_one.consent_version)

    @cached_property
    def forwarder(self) -> "ReferralForwarder[Sealed]":
        from shared.referrals.sealing import unseal

        unwrapper = self._unwrapper
        return ReferralForwarder(
            queue=self._referral_rows,
            unseal=lambda reference, sealed: unseal(reference, sealed, unwrapper),
            pause=self._pause,
            sender=self._sender,
            letters=self._letters,
            recipient=self._settings.worker.referral_recipient,
        )

    @cached_property
    def schedule(self) -> Schedule:
        return Schedule(BookingSchedule(self._roster, self._ledger), self.referrals, self.heartbeat, self._pause)

    @cached_property
    def heartbeat(self) -> Heartbeat:
        return Heartbeat(self._booking_tables("Service"))

    @cached_property
    def _roster(self) -> "BookingRepository":
        tables = self._booking_tables
        return BookingRepository(tables("Sessions"), tables("Bookings"), self._settings.reminders)

    @cached_property
    def _ledger(self) -> MailLedger:
        return MailLedger(self._booking_tables("MailLog"), self._booking_tables("MailIndex"))

    @cached_property
    def _pause(self) -> MailPause:
        return MailPause(self._booking_tables("Service"))

    @cached_property
    def _letters(self) -> Letters:
        return Letters(self.content)

    @cached_property
    def _sender(self) -> MailSender:
        from azure.core.credentials import AzureKeyCredential

        from shared.mail.sender import AzureMailSender, open_client

        worker, key = self._settings.worker, self._settings.email_access_key
        credential = (
            AzureKeyCredential(key.get_secret_value()) if key else self._identity(self._settings.bookings_client_id)
        )
        return AzureMailSender(open_client(str(worker.email_endpoint), credential), worker.email_sender)

    @cached_property
    def _referral_rows(self) -> "ReferralRepository":
        from shared.referrals.repository import ReferralRepository

        return ReferralRepository(self._referral_tables("Referrals"), self._referral_tables("SealedReferrals"))

    @cached_property
    def _unwrapper(self) -> "Unwrapper":
        from shared.referrals.sealing import LocalKey, VaultKey

        private = self._settings.referral_private_key
        if private is not None:
            return LocalKey(private.get_secret_value())
        return VaultKey(str(self._settings.referral_vault_key), self._identity(self._settings.bookings_client_id))

    @cached_property
    def _booking_tables(self) -> Callable[[str], Table]:
        return self._tables(self._settings.bookings_storage)

    @cached_property
    def _referral_tables(self) -> Callable[[str], Table]:
        return self._tables(self._settings.referrals_storage)

    def _tables(self, connection: StorageConnection) -> Callable[[str], Table]:
        from shared.storage import AzureTable, open_tables

        client = open_tables(connection, None if connection.connection_string else self._identity(connection.client_id))
        return lambda name: AzureTable(client.get_table_client(name))

    def _identity(self, client_id: str | None) -> "TokenCredential":
        from azure.identity import ManagedIdentityCredential

        return ManagedIdentityCredential(client_id=client_id)


_lock = threading.Lock()
_clock: Clock = lambda: datetime.now(UTC)  # noqa: E731  # a default that `use_clock` replaces
_services: Services | None = None


def use_clock(clock: Clock) -> None:
    """Puts another clock in place of the real one, for a process that runs at another time. Call it before `services`.

    `clock` returns the present moment as an aware datetime in UTC.
    """
    global _clock  # noqa: PLW0603  # the one place where the process holds its clock
    _clock = clock


def services() -> Services:
    """The services of this process.

    Raises:
        SettingsError: with everything that is missing or cannot be used.
    """
    global _services  # noqa: PLW0603  # the one place where the process holds what it has built
    with _lock:
        if _services is None:
            configure()
            _services = Services(Settings.from_environment(os.environ), _clock)
        return _services
