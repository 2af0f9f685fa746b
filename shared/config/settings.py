"""The settings of this process: the only reader of the environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, HttpUrl, SecretBytes, ValidationError

from shared.config.choices import (
    QUOTAS,
    Attendance,
    Delivery,
    FacilitatorList,
    FeedbackEmails,
    MailService,
    Role,
    Support,
)
from shared.config.expected_values import expected_value
from shared.config.offered import is_unused, offered_kinds
from shared.config.requirements import SHARED_KEY, WORKER_NEEDS, missing_settings, refused_settings
from shared.config.rsa_keys import PreviousPrivateJwk, PrivateJwk, ProviderJwks, PublicJwk
from shared.config.setting_types import (
    BearerToken,
    Day,
    Domains,
    Endpoint,
    Key,
    Keys,
    Needs,
    NotifyApiKey,
    NotifyId,
    Origins,
    Passphrase,
    SharedKey,
    VaultKey,
    comma_separated,
)
from shared.config.storage_settings import StorageSettings
from shared.fields.field_types import EmailAddress
from shared.passphrase import PassphraseHash
from shared.reminder_offsets import Offset, parse_offsets
from shared.tables.storage_connection import StorageConnection

__all__ = ["MailService", "Role", "Settings", "SettingsError", "StorageConnection", "Support", "WorkerSettings"]


NOTIFY = "https://api.notifications.service.gov.uk"


class SettingsError(Exception):
    """Settings are missing or not valid. `problems` gives the reasons by setting, and never quotes a value."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(sorted(problems.items()))
        super().__init__("; ".join(f"{name}: {why}" for name, why in self.problems.items()))


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """The settings that are required to send email to the provider."""

    mail_service: MailService
    referral_recipient: str
    referral_delivery: Delivery


Supports = Annotated[
    frozenset[Support], BeforeValidator(comma_separated), Needs(f"{', '.join(Support)}, or both with a comma between")
]
Offsets = Annotated[
    tuple[Offset, ...], BeforeValidator(parse_offsets), Needs("offsets such as P1D,PT1H with commas between, or none")
]
Mailbox = Annotated[EmailAddress, Needs("one email address")]


class Settings(StorageSettings):
    """Everything that differs between installations. `docs/settings.md` describes each setting."""

    role: Role = Field(alias="SERVICE_ROLE")
    site_url: HttpUrl = Field(alias="SITE_URL")
    content_file: Path = Field(alias="CONTENT_FILE")
    closed: Supports = Field(frozenset(), alias="CLOSED")
    booking_key: Key = Field(alias="BOOKING_KEY")
    link_key: Key = Field(alias="LINK_KEY")
    link_key_previous: Key | None = Field(None, alias="LINK_KEY_PREVIOUS")
    provider_link_key: Key | None = Field(None, alias="PROVIDER_LINK_KEY")
    provider_link_key_previous: Key | None = Field(None, alias="PROVIDER_LINK_KEY_PREVIOUS")
    booking_domains: Domains = Field(alias="BOOKING_DOMAINS")
    booking_origins: Origins = Field(frozenset(), alias="BOOKING_ORIGINS")
    waiting_list_ends_hours: int = Field(24, alias="WAITING_LIST_ENDS_HOURS", ge=0, le=720)
    check_weekdays: int = Field(2, alias="CHECK_WEEKDAYS", ge=1, le=20)
    unproven_share_percent: int = Field(20, alias="UNPROVEN_SHARE_PERCENT", ge=0, le=100)
    waiting_list_factor: int = Field(3, alias="WAITING_LIST_FACTOR", ge=0, le=1000)
    mails_per_minute: int | None = Field(None, alias="MAILS_PER_MINUTE", ge=0)
    mails_per_hour: int | None = Field(None, alias="MAILS_PER_HOUR", ge=0)
    referrals_per_hour: int = Field(20, alias="REFERRALS_PER_HOUR", ge=0)
    bookings_kept_days: int = Field(90, alias="BOOKINGS_KEPT_DAYS", ge=1, le=3650)
    organiser_email: Mailbox | None = Field(None, alias="ORGANISER_EMAIL")
    operators_email: Mailbox | None = Field(None, alias="OPERATORS_EMAIL")
    facilitator_email: Mailbox | None = Field(None, alias="FACILITATOR_EMAIL")
    facilitator_list: FacilitatorList = Field(FacilitatorList.NONE, alias="FACILITATOR_LIST")
    attendance: Attendance = Field(Attendance.COUNT, alias="ATTENDANCE")
    feedback_emails: FeedbackEmails = Field(FeedbackEmails.NO, alias="FEEDBACK_EMAILS")
    smoke_key: Key | None = Field(None, alias="SMOKE_KEY")
    reminders: Offsets = Field(parse_offsets("P1D,PT1H"), alias="REMINDERS")
    referral_key: Key | None = Field(None, alias="REFERRAL_KEY")
    referral_mac_key: Key | None = Field(None, alias="REFERRAL_MAC_KEY")
    referral_mac_key_previous: Keys = Field((), alias="REFERRAL_MAC_KEY_PREVIOUS")
    referral_mac_migration: Day | None = Field(None, alias="REFERRAL_MAC_MIGRATION")
    referral_public_key: PublicJwk | None = Field(None, alias="REFERRAL_PUBLIC_KEY")
    referral_public_key_previous: PublicJwk | None = Field(None, alias="REFERRAL_PUBLIC_KEY_PREVIOUS")
    referral_provider_keys: ProviderJwks = Field((), alias="REFERRAL_PROVIDER_KEYS")
    referral_private_key: PrivateJwk | None = Field(None, alias="REFERRAL_PRIVATE_KEY")
    referral_private_key_previous: PreviousPrivateJwk | None = Field(None, alias="REFERRAL_PRIVATE_KEY_PREVIOUS")
    referral_vault_key: VaultKey | None = Field(None, alias="REFERRAL_VAULT_KEY")
    referral_recipient: Mailbox | None = Field(None, alias="REFERRAL_RECIPIENT")
    referral_reminder_weekdays: int = Field(3, alias="REFERRAL_REMINDER_WEEKDAYS", ge=1, le=20)
    referral_grace_weekdays: int = Field(3, alias="REFERRAL_GRACE_WEEKDAYS", ge=1, le=20)
    referral_uncollected_days: int = Field(90, alias="REFERRAL_UNCOLLECTED_DAYS", ge=31, le=365)
    referral_delivery: Delivery | None = Field(None, alias="REFERRAL_DELIVERY")
    referral_passphrase: Passphrase | None = Field(None, alias="REFERRAL_PASSPHRASE")
    referral_passphrase_previous: Passphrase | None = Field(None, alias="REFERRAL_PASSPHRASE_PREVIOUS")
    collect_url: Endpoint | None = Field(None, alias="COLLECT_URL")
    mail_service: MailService | None = Field(None, alias="MAIL_SERVICE")
    notify_api_key: NotifyApiKey | None = Field(None, alias="NOTIFY_API_KEY")
    notify_template_id: NotifyId | None = Field(None, alias="NOTIFY_TEMPLATE_ID")
    notify_reply_to_id: NotifyId | None = Field(None, alias="NOTIFY_REPLY_TO_ID")
    notify_callback_token: BearerToken | None = Field(None, alias="NOTIFY_CALLBACK_TOKEN")
    notify_callback_token_previous: BearerToken | None = Field(None, alias="NOTIFY_CALLBACK_TOKEN_PREVIOUS")
    notify_endpoint: Endpoint = Field(HttpUrl(NOTIFY), alias="NOTIFY_ENDPOINT")
    email_endpoint: Endpoint | None = Field(None, alias="EMAIL_ENDPOINT")
    email_access_key: SharedKey | None = Field(None, alias="EMAIL_ACCESS_KEY")
    email_sender: Mailbox = Field(alias="EMAIL_SENDER")

    @classmethod
    def names(cls) -> frozenset[str]:
        """Returns the name of every setting in the environment."""
        return frozenset(field.alias for field in cls.model_fields.values() if field.alias)

    @classmethod
    def expected_values(cls) -> dict[str, str]:
        """Returns by name what each setting takes, in words. They quote no value."""
        return {field.alias: expected_value(field) for field in cls.model_fields.values() if field.alias}

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Self:
        """Reads all settings; an empty value counts as missing.

        Raises:
            SettingsError: settings are missing or not valid; it names all of them, not only the first.
        """
        written = {name: value.strip() for name in cls.names() if (value := environ.get(name, "")).strip()}
        offered = offered_kinds(written.get("CONTENT_FILE", ""))
        given = {name: value for name, value in written.items() if not is_unused(name, offered)}
        problems = missing_settings(given, offered) | refused_settings(given)
        try:
            settings = cls.model_validate(given)
        except ValidationError as error:
            problems |= {str(each["loc"][0]): _why(each["type"]) for each in error.errors(include_input=False)}
            raise SettingsError(problems) from None  # the original quotes values
        problems |= settings.shared_link_keys
        if problems:
            raise SettingsError(problems)
        return settings

    @property
    def shared_link_keys(self) -> dict[str, str]:
        """The settings of provider links that repeat a key which the web app has, each with that problem."""
        known = {each.get_secret_value() for each in (self.link_key, self.link_key_previous) if each}
        keys = {
            "PROVIDER_LINK_KEY": self.provider_link_key,
            "PROVIDER_LINK_KEY_PREVIOUS": self.provider_link_key_previous,
        }
        return {name: SHARED_KEY for name, key in keys.items() if key and key.get_secret_value() in known}

    @property
    def offered(self) -> frozenset[Support]:
        """The kinds of support that the content file has."""
        return offered_kinds(str(self.content_file))

    @property
    def mac_key(self) -> SecretBytes:
        """The key that authenticates rows of referrals.

        Raises:
            SettingsError: no one-to-one sessions are offered.
        """
        if self.referral_mac_key is None:
            raise SettingsError({"REFERRAL_MAC_KEY": "required where one-to-one sessions are offered"})
        return self.referral_mac_key

    @property
    def sending_service(self) -> MailService:
        """The email service of the app that sends email.

        Raises:
            SettingsError: this is the other app, which is not given one.
        """
        if self.mail_service is None:
            raise SettingsError({"MAIL_SERVICE": "required by the app that sends email"})
        return self.mail_service

    @property
    def worker(self) -> WorkerSettings:
        """The settings of the app that sends email to the provider.

        Raises:
            SettingsError: this is the other app, which is not given them.
        """
        recipient, service, delivery = self.referral_recipient, self.mail_service, self.referral_delivery
        if recipient is None or service is None or delivery is None:
            raise SettingsError(dict.fromkeys(WORKER_NEEDS, "required by the app that sends email"))
        return WorkerSettings(service, recipient, delivery)

    @property
    def mail_quota(self) -> tuple[int, int]:
        """Emails in a minute and in an hour; 0 for no limit. By itself that of the email service."""
        minute, hour = QUOTAS[self.mail_service or MailService.ACS]
        given = (self.mails_per_minute, self.mails_per_hour)
        return minute if given[0] is None else given[0], hour if given[1] is None else given[1]

    @property
    def is_sealed_for_provider(self) -> bool:
        """True if new referrals are sealed to the provider's own keys, so that no app can open them."""
        return self.referral_delivery is Delivery.SEALED

    @property
    def names_go_to_facilitators(self) -> bool:
        return self.facilitator_list is FacilitatorList.NAMES and self.facilitator_email is not None

    @property
    def passphrases(self) -> tuple[PassphraseHash, ...]:
        """Hashes of the passphrases that open a referral: two during a rotation, none if there are no links."""
        return tuple(each for each in (self.referral_passphrase, self.referral_passphrase_previous) if each)


def _why(kind: str) -> str:
    return "missing" if kind == "missing" else "not valid"
