"""What every capability is built on: the settings, the clock, the copy, links, mail and the tables.

Adapters are imported where they are built: a function that sends no mail does not wait for a mail client to load.
"""

from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from pathlib import Path

from shared.composition import azure_clients
from shared.config.settings import Settings, Support
from shared.content.content import Content, load_content
from shared.mail.message import MailSender
from shared.mail.pause import MailPause
from shared.mail.renderer import MailRenderer
from shared.signing import Signer
from shared.tables.table import Table

type Clock = Callable[[], datetime]

_ROOT = Path(__file__).parents[2]


class BaseServices:
    """Built from the settings when it is first asked for."""

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
    def _pause(self) -> MailPause:
        return MailPause(self._service_table)

    @cached_property
    def _renderer(self) -> MailRenderer:
        return MailRenderer(self.content)

    @cached_property
    def _sender(self) -> MailSender:
        return azure_clients.mail_sender(self._settings)

    @cached_property
    def _service_table(self) -> Table:
        return self._booking_tables("Service")

    @cached_property
    def _booking_tables(self) -> Callable[[str], Table]:
        return azure_clients.tables(self._settings.bookings_storage)
