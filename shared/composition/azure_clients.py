"""Clients for tables, email and the key vault, built from the settings.

Each SDK is imported where it is used: a function that sends no email does not wait for an email client to load.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from shared.backups.blobs import Blobs
from shared.config.requirements import MAIL_NEEDS
from shared.config.settings import MailService, Settings, SettingsError, StorageConnection
from shared.mail.message import MailSender
from shared.tables.table import Table

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

    from shared.mail.services.notify.sender import NotifyMailSender
    from shared.referrals.sealing import Unwrapper


def tables(connection: StorageConnection) -> Callable[[str], Table]:
    """The tables of one storage account, by name, over one client."""
    from shared.tables.azure_tables import open_tables

    opened = open_tables(connection, None if connection.connection_string else _identity(connection.client_id))
    return opened.table


def blobs(connection: StorageConnection, container: str) -> Blobs:
    """One container of a storage account."""
    from shared.backups.azure_blobs import open_blobs

    credential = None if connection.connection_string else _identity(connection.client_id)
    return open_blobs(connection, container, credential)


def mail_sender(settings: Settings) -> MailSender:
    """The email service of the settings.

    Raises:
        SettingsError: this app is not the one that sends email.
    """
    if settings.sending_service is MailService.NOTIFY:
        return notify_sender(settings)
    return _acs_sender(settings)


def notify_sender(settings: Settings) -> "NotifyMailSender":
    """GOV.UK Notify, with its API key.

    Raises:
        SettingsError: this app is not given one.
    """
    from shared.mail.services.notify.sender import NotifyMailSender
    from shared.mail.services.notify.session import open_session

    key, template = settings.notify_api_key, settings.notify_template_id
    if key is None or template is None:
        raise SettingsError(dict.fromkeys(MAIL_NEEDS[MailService.NOTIFY], "required by the app that sends email"))
    session = open_session(key.get_secret_value())
    return NotifyMailSender(session, str(settings.notify_endpoint), template, settings.notify_reply_to_id)


def _acs_sender(settings: Settings) -> MailSender:
    """Azure Communication Services, with its access key where there is one, else with the managed identity."""
    from azure.core.credentials import AzureKeyCredential

    from shared.mail.services.acs.sender import AzureMailSender, open_client

    endpoint, key = settings.email_endpoint, settings.email_access_key
    if endpoint is None:
        raise SettingsError(dict.fromkeys(MAIL_NEEDS[MailService.ACS], "required by the app that sends email"))
    credential = AzureKeyCredential(key.get_secret_value()) if key else _identity(settings.bookings_client_id)
    return AzureMailSender(open_client(str(endpoint), credential), settings.email_sender)


def unwrapper(settings: Settings) -> "Unwrapper":
    """The key that decrypts referrals: a private key in a setting (on a developer's machine), else the vault's.

    None is needed where the provider's keys alone open what is sealed; one that is given opens what was sealed before.

    Raises:
        SettingsError: this app is given neither, as the one that only seals.
    """
    from shared.referrals.sealing import LocalKey, NoKey, VaultKey

    private, previous = settings.referral_private_key, settings.referral_private_key_previous
    if private is not None:
        return LocalKey(*(key.get_secret_value() for key in (private, previous) if key is not None))
    if settings.referral_vault_key is None and settings.is_sealed_for_provider:
        return NoKey()
    if settings.referral_vault_key is None:
        raise SettingsError({"REFERRAL_VAULT_KEY": "required by the app that decrypts referrals"})
    return VaultKey(str(settings.referral_vault_key), _identity(settings.bookings_client_id))


def _identity(client_id: str | None) -> "TokenCredential":
    from azure.identity import ManagedIdentityCredential

    return ManagedIdentityCredential(client_id=client_id)
