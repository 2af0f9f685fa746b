"""Settings, content, signing key and tables that every capability is built from, each loaded on first use."""

from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from shared.composition import azure_clients
from shared.config.settings import Settings
from shared.content.content import Content, load_content
from shared.signing import Signer
from shared.tables.table import Table

_ROOT = Path(__file__).parents[2]


class AppContext:
    """One process's settings, with the resources that more than one capability uses."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @cached_property
    def content(self) -> Content:
        return load_content(_ROOT / self.settings.content_file)

    @property
    def site_url(self) -> str:
        """The public address of the site, without a slash at its end."""
        return str(self.settings.site_url).rstrip("/")

    @cached_property
    def signer(self) -> Signer:
        keys = (self.settings.link_key, self.settings.link_key_previous)
        return Signer(tuple(key.get_secret_value() for key in keys if key is not None))

    @cached_property
    def booking_tables(self) -> Callable[[str], Table]:
        """The tables of the bookings' storage account, by name."""
        return azure_clients.tables(self.settings.bookings_storage)

    @cached_property
    def referral_tables(self) -> Callable[[str], Table]:
        """The tables of the referrals' storage account, by name."""
        return azure_clients.tables(self.settings.referrals_storage)

    @cached_property
    def service_table(self) -> Table:
        """The service's own notes: heartbeat, pause, marks and digests."""
        return self.booking_tables("Service")
