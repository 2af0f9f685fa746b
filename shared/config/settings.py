"""The one reader of the environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, HttpUrl, SecretStr, ValidationError

from shared.config.setting_types import (
    ConnectionString,
    Credential,
    Domains,
    Endpoint,
    HttpsUrl,
    Key,
    Passphrase,
    PrivateJwk,
    PublicJwk,
    SharedKey,
    VaultKey,
    comma_separated,
)
from shared.fields.field_types import EmailAddress
from shared.passphrase import PassphraseHash
from shared.reminder_offsets import Offset, parse_offsets


class SettingsError(Exception):
    """Settings are missing or cannot be used. `problems` says why by setting's name; values are never in it."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(sorted(problems.items()))
        super().__init__("; ".join(f"{name}: {why}" for name, why in self.problems.items()))


class Role(StrEnum):
    """Which of the two function apps this is; `all` is both in one process, for a developer's machine."""

    WEB = "web"
    WORKER = "worker"
    ALL = "all"


class Delivery(StrEnum):
    """How a referral reaches the provider: the answers in the mail, or a link in it to a page that shows them."""

    INLINE = "inline"
    LINK = "link"


class Support(StrEnum):
    """The two kinds of support, as `CLOSED` names them."""

    BOOKINGS = "bookings"
    ONE_TO_ONE = "one-to-one"


class FacilitatorList(StrEnum):
    """Whether those who run a session get the names of who comes."""

    NONE = "none"
    NAMES = "names"


@dataclass(frozen=True, slots=True)
class StorageConnection:
    """One storage account: by connection string, or by endpoint and managed identity as the Functions bindings do."""

    connection_string: str | None
    table_endpoint: str | None
    client_id: str | None


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """The settings without which no mail can be sent."""

    email_endpoint: str
    referral_recipient: str
    referral_delivery: Delivery


Supports = Annotated[frozenset[Support], BeforeValidator(comma_separated)]
Offsets = Annotated[tuple[Offset, ...], BeforeValidator(parse_offsets)]

_WORKER_NEEDS = ("EMAIL_ENDPOINT", "REFERRAL_RECIPIENT", "REFERRAL_DELIVERY")
_COLLECT_NEEDS = ("COLLECT_URL", "REFERRAL_PASSPHRASE")
_OPENS_REFERRALS = ("REFERRAL_PRIVATE_KEY", "REFERRAL_VAULT_KEY")
_STORAGES = ("BOOKINGS_STORAGE", "REFERRALS_STORAGE")


class Settings(BaseModel):
    """Everything that differs between one installation and another. `docs/settings.md` describes each."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    role: Role = Field(alias="SERVICE_ROLE")
    site_url: HttpUrl = Field(alias="SITE_URL")
    content_file: Path = Field(alias="CONTENT_FILE")
    closed: Supports = Field(frozenset(), alias="CLOSED")
    bookings_connection: ConnectionString | None = Field(None, alias="BOOKINGS_STORAGE")
    bookings_tables: HttpsUrl | None = Field(None, alias="BOOKINGS_STORAGE__tableServiceUri")
    bookings_queues: HttpsUrl | None = Field(None, alias="BOOKINGS_STORAGE__queueServiceUri")
    bookings_credential: Credential | None = Field(None, alias="BOOKINGS_STORAGE__credential")
    bookings_client_id: str | None = Field(None, alias="BOOKINGS_STORAGE__clientId")
    referrals_connection: ConnectionString | None = Field(None, alias="REFERRALS_STORAGE")
    referrals_tables: HttpsUrl | None = Field(None, alias="REFERRALS_STORAGE__tableServiceUri")
    referrals_queues: HttpsUrl | None = Field(None, alias="REFERRALS_STORAGE__queueServiceUri")
    referrals_credential: Credential | None = Field(None, alias="REFERRALS_STORAGE__credential")
    referrals_client_id: str | None = Field(None, alias="REFERRALS_STORAGE__clientId")
    booking_key: Key = Field(alias="BOOKING_KEY")
    link_key: Key = Field(alias="LINK_KEY")
    link_key_previous: Key | None = Field(None, alias="LINK_KEY_PREVIOUS")
    booking_domains: Domains = Field(alias="BOOKING_DOMAINS")
    waiting_list_ends_hours: int = Field(24, alias="WAITING_LIST_ENDS_HOURS", ge=0, le=720)
    check_weekdays: int = Field(2, alias="CHECK_WEEKDAYS", ge=1, le=20)
    mails_per_minute: int = Field(30, alias="MAILS_PER_MINUTE", ge=0)
    mails_per_hour: int = Field(100, alias="MAILS_PER_HOUR", ge=0)
    bookings_kept_days: int = Field(90, alias="BOOKINGS_KEPT_DAYS", ge=1, le=3650)
    organiser_email: EmailAddress | None = Field(None, alias="ORGANISER_EMAIL")
    operators_email: EmailAddress | None = Field(None, alias="OPERATORS_EMAIL")
    facilitator_email: EmailAddress | None = Field(None, alias="FACILITATOR_EMAIL")
    facilitator_list: FacilitatorList = Field(FacilitatorList.NONE, alias="FACILITATOR_LIST")
    reminders: Offsets = Field(parse_offsets("P1D,PT1H"), alias="REMINDERS")
    referral_key: Key = Field(alias="REFERRAL_KEY")
    referral_public_key: PublicJwk = Field(alias="REFERRAL_PUBLIC_KEY")
    referral_private_key: PrivateJwk | None = Field(None, alias="REFERRAL_PRIVATE_KEY")
    referral_private_key_previous: PrivateJwk | None = Field(None, alias="REFERRAL_PRIVATE_KEY_PREVIOUS")
    referral_vault_key: VaultKey | None = Field(None, alias="REFERRAL_VAULT_KEY")
    referral_recipient: EmailAddress | None = Field(None, alias="REFERRAL_RECIPIENT")
    referral_reminder_weekdays: int = Field(3, alias="REFERRAL_REMINDER_WEEKDAYS", ge=1, le=20)
    referral_delivery: Delivery | None = Field(None, alias="REFERRAL_DELIVERY")
    referral_passphrase: Passphrase | None = Field(None, alias="REFERRAL_PASSPHRASE")
    referral_passphrase_previous: Passphrase | None = Field(None, alias="REFERRAL_PASSPHRASE_PREVIOUS")
    collect_url: Endpoint | None = Field(None, alias="COLLECT_URL")
    email_endpoint: Endpoint | None = Field(None, alias="EMAIL_ENDPOINT")
    email_access_key: SharedKey | None = Field(None, alias="EMAIL_ACCESS_KEY")
    email_sender: EmailAddress = Field(alias="EMAIL_SENDER")

    @classmethod
    def names(cls) -> frozenset[str]:
        """Every setting's name as it stands in the environment."""
        return frozenset(field.alias for field in cls.model_fields.values() if field.alias)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Self:
        """Reads them all; an empty value counts as none.

        Raises:
            SettingsError: with every setting that is missing or cannot be used, not only the first.
        """
        given = {name: value.strip() for name in cls.names() if (value := environ.get(name, "")).strip()}
        problems = _missing(given)
        try:
            settings = cls.model_validate(given)
        except ValidationError as error:
            problems |= {str(each["loc"][0]): _why(each["type"]) for each in error.errors(include_input=False)}
            raise SettingsError(problems) from None  # the original quotes values
        if problems:
            raise SettingsError(problems)
        return settings

    @property
    def worker(self) -> WorkerSettings:
        """What only the app that sends mail is given.

        Raises:
            SettingsError: this is the other app.
        """
        recipient, endpoint, delivery = self.referral_recipient, self.email_endpoint, self.referral_delivery
        if recipient is None or endpoint is None or delivery is None:
            raise SettingsError(dict.fromkeys(_WORKER_NEEDS, "required by the app that sends email"))
        return WorkerSettings(str(endpoint), recipient, delivery)

    @property
    def names_go_to_facilitators(self) -> bool:
        return self.facilitator_list is FacilitatorList.NAMES and self.facilitator_email is not None

    @property
    def passphrases(self) -> tuple[PassphraseHash, ...]:
        """Those that open a referral at the provider's: two while it is changed, none where there are no links."""
        return tuple(each for each in (self.referral_passphrase, self.referral_passphrase_previous) if each)

    @property
    def bookings_storage(self) -> StorageConnection:
        return _connection(self.bookings_connection, self.bookings_tables, self.bookings_client_id)

    @property
    def referrals_storage(self) -> StorageConnection:
        return _connection(self.referrals_connection, self.referrals_tables, self.referrals_client_id)


def _connection(string: SecretStr | None, tables: HttpUrl | None, client_id: str | None) -> StorageConnection:
    return StorageConnection(
        connection_string=string.get_secret_value() if string else None,
        table_endpoint=str(tables) if tables else None,
        client_id=client_id,
    )


def _missing(given: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for storage in _STORAGES:
        found |= _missing_of_storage(storage, given)
    if given.get("SERVICE_ROLE") == Role.WEB:
        return found
    needs = [*_WORKER_NEEDS, *(_COLLECT_NEEDS if given.get("REFERRAL_DELIVERY") == Delivery.LINK else ())]
    found |= {name: "missing" for name in needs if name not in given}
    key, vault = _OPENS_REFERRALS
    return found if key in given or vault in given else found | {key: f"missing (or {vault})"}


def _missing_of_storage(name: str, given: Mapping[str, str]) -> dict[str, str]:
    # The tables' endpoint is for this code, the queues' for the platform's bindings: one without the other half works.
    endpoints = (f"{name}__tableServiceUri", f"{name}__queueServiceUri")
    if name in given or all(endpoint in given for endpoint in endpoints):
        return {}
    if not any(endpoint in given for endpoint in endpoints):
        return {name: f"missing (or {' and '.join(endpoints)})"}
    return {endpoint: "missing" for endpoint in endpoints if endpoint not in given}


def _why(kind: str) -> str:
    return "missing" if kind == "missing" else "not valid"
