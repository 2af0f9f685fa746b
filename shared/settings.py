"""The one reader of the environment."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, HttpUrl, SecretBytes, SecretStr, ValidationError

from shared.bookings.reminders import Offset, parse_offsets
from shared.contact import EmailAddress


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
    """How a referral reaches the provider: `inline` puts the answers into the mail."""

    INLINE = "inline"


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
    email_sender: str
    referral_recipient: str


def _key(value: Any) -> bytes:
    try:
        key = base64.urlsafe_b64decode(str(value) + "==")
    except (binascii.Error, ValueError):
        key = b""
    if len(key) < 32:
        raise ValueError("needs at least 32 random bytes in base64url")
    return key


def _public_jwk(value: Any) -> dict[str, str]:
    jwk = _jwk(value)
    if "d" in jwk:
        raise ValueError("holds a private key: give the public part only")
    return jwk


def _jwk(value: Any) -> dict[str, str]:
    try:
        jwk = json.loads(str(value))
    except ValueError:
        jwk = None
    if not isinstance(jwk, dict) or jwk.get("kty") != "RSA" or not {"kid", "n", "e"} <= jwk.keys():
        raise ValueError("needs an RSA key as JSON Web Key with a kid")
    return jwk


def _private_jwk(value: Any) -> SecretStr:
    if "d" not in _jwk(value):
        raise ValueError("needs a private key as JSON Web Key")
    return SecretStr(str(value))


Key = Annotated[SecretBytes, BeforeValidator(_key)]
Offsets = Annotated[tuple[Offset, ...], BeforeValidator(parse_offsets)]

_WORKER_NEEDS = ("EMAIL_ENDPOINT", "EMAIL_SENDER", "REFERRAL_RECIPIENT", "REFERRAL_DELIVERY")
_EITHER = {
    Role.WEB: (
        ("BOOKINGS_STORAGE", "BOOKINGS_STORAGE__tableServiceUri"),
        ("REFERRALS_STORAGE", "REFERRALS_STORAGE__tableServiceUri"),
    ),
    Role.WORKER: (("REFERRAL_PRIVATE_KEY", "REFERRAL_VAULT_KEY"),),
}


class Settings(BaseModel):
    """Everything that differs between one installation and another. `docs/settings.md` describes each."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    role: Role = Field(alias="SERVICE_ROLE")
    site_url: HttpUrl = Field(alias="SITE_URL")
    content_file: Path = Field(alias="CONTENT_FILE")
    bookings_connection: SecretStr | None = Field(None, alias="BOOKINGS_STORAGE")
    bookings_tables: HttpUrl | None = Field(None, alias="BOOKINGS_STORAGE__tableServiceUri")
    bookings_client_id: str | None = Field(None, alias="BOOKINGS_STORAGE__clientId")
    referrals_connection: SecretStr | None = Field(None, alias="REFERRALS_STORAGE")
    referrals_tables: HttpUrl | None = Field(None, alias="REFERRALS_STORAGE__tableServiceUri")
    referrals_client_id: str | None = Field(None, alias="REFERRALS_STORAGE__clientId")
    booking_key: Key = Field(alias="BOOKING_KEY")
    link_key: Key = Field(alias="LINK_KEY")
    reminders: Offsets = Field(parse_offsets("P1D,PT1H"), alias="REMINDERS")
    referral_key: Key = Field(alias="REFERRAL_KEY")
    referral_public_key: Annotated[dict[str, str], BeforeValidator(_public_jwk)] = Field(alias="REFERRAL_PUBLIC_KEY")
    referral_private_key: Annotated[SecretStr, BeforeValidator(_private_jwk)] | None = Field(
        None, alias="REFERRAL_PRIVATE_KEY"
    )
    referral_vault_key: HttpUrl | None = Field(None, alias="REFERRAL_VAULT_KEY")
    referral_recipient: EmailAddress | None = Field(None, alias="REFERRAL_RECIPIENT")
    referral_delivery: Delivery | None = Field(None, alias="REFERRAL_DELIVERY")
    email_endpoint: HttpUrl | None = Field(None, alias="EMAIL_ENDPOINT")
    email_access_key: SecretStr | None = Field(None, alias="EMAIL_ACCESS_KEY")
    email_sender: EmailAddress | None = Field(None, alias="EMAIL_SENDER")

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
        sender, recipient, endpoint = self.email_sender, self.referral_recipient, self.email_endpoint
        if sender is None or recipient is None or endpoint is None:
            raise SettingsError(dict.fromkeys(_WORKER_NEEDS, "needed to send mail"))
        return WorkerSettings(email_endpoint=str(endpoint), email_sender=sender, referral_recipient=recipient)

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
    worker = given.get("SERVICE_ROLE") != Role.WEB
    either = _EITHER[Role.WEB] + (_EITHER[Role.WORKER] if worker else ())
    needed = _WORKER_NEEDS if worker else ()
    missing = {name: "missing" for name in needed if name not in given}
    return missing | {a: f"missing (or {b})" for a, b in either if a not in given and b not in given}


def _why(kind: str) -> str:
    return "missing" if kind == "missing" else "not valid"
