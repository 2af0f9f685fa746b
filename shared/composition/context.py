"""Settings, content, signing key and tables that every capability is built from, each loaded on first use."""

from collections.abc import Callable
from functools import cached_property

from shared.composition import azure_clients
from shared.config.offered import ROOT
from shared.config.settings import Role, Settings, SettingsError
from shared.content.content import Content, load_content
from shared.signing import Signer
from shared.tables.table import Table


class AppContext:
    """One process's settings, with the resources that more than one capability uses."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @cached_property
    def content(self) -> Content:
        return load_content(ROOT / self.settings.content_file)

    @property
    def site_url(self) -> str:
        """The public address of the site, without a slash at its end."""
        return str(self.settings.site_url).rstrip("/")

    @property
    def collect_url(self) -> str:
        """The address at which the provider reaches the worker app, without a slash at its end; "" if none is set."""
        return str(self.settings.collect_url or "").rstrip("/")

    @cached_property
    def signer(self) -> Signer:
        keys = (self.settings.link_key, self.settings.link_key_previous)
        return Signer(tuple(key.get_secret_value() for key in keys if key is not None))

    @cached_property
    def provider_signer(self) -> Signer:
        """Signs and checks the links in emails to the provider.

        Raises:
            SettingsError: this app is not the one that sends them, and must not be able to make one.
        """
        key, previous = self.settings.provider_link_key, self.settings.provider_link_key_previous
        if key is None or self.settings.role is Role.WEB:
            raise SettingsError({"PROVIDER_LINK_KEY": "only for the app that sends email to the provider"})
        return Signer(tuple(each.get_secret_value() for each in (key, previous) if each is not None))

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
