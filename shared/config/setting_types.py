"""Validated types of settings: keys, endpoints, connection strings, domains.

A value that an SDK would only reject in its first call is refused here. A message never quotes the value.
"""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, HttpUrl, SecretBytes, SecretStr

from shared import base64url
from shared.passphrase import PassphraseHash

_SECRET_BYTES = 32
_DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*")
_VAULT_KEY = re.compile(r"/keys/[0-9A-Za-z-]+/?")
_UUID = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_NOTIFY_KEY = re.compile(rf"[^\s@;=]{{1,200}}-{_UUID}-{_UUID}")
_TOKEN = re.compile(r"[0-9A-Za-z_-]{32,200}")
_ORIGIN = re.compile(r"https://[a-z0-9-]+(\.[a-z0-9-]+)*(:[1-9][0-9]{0,4})?")
_HTTPS_PORT = 443
_LOCAL_HOSTS = {"127.0.0.1", "localhost", "[::1]"}
_EMULATOR = "UseDevelopmentStorage=true"


@dataclass(frozen=True, slots=True)
class Needs:
    """The value that a setting of this type takes, in words, for whoever has given another."""

    value: str


def decode_base64(text: str) -> bytes:
    """Returns the bytes of base64url, or of plain base64 as other tools print it, with or without padding.

    Raises:
        ValueError: it is neither, or empty.
    """
    if not text:
        raise ValueError("needs base64url")
    return base64url.decode_any(text)


def _secret(value: Any) -> bytes:
    secret = decode_base64(str(value))
    if len(secret) < _SECRET_BYTES:
        raise ValueError(f"needs at least {_SECRET_BYTES} random bytes in base64url")
    return secret


def _secrets(value: Any) -> tuple[bytes, ...]:
    return tuple(_secret(part.strip()) for part in str(value).split(","))


def _shared_key(value: Any) -> SecretStr:
    _check_shared_key(str(value))
    return SecretStr(str(value))


def _check_shared_key(text: str) -> None:
    # Strict as the SDKs are, which would only fail in the first request; `binascii.Error` is a ValueError.
    if not base64.b64decode(text, validate=True):
        raise ValueError("needs a key in base64")


def comma_separated(value: Any) -> tuple[str, ...]:
    """Returns the parts between the commas, in lower case and without blanks around them."""
    return tuple(part.strip().casefold() for part in str(value).split(","))


def _domains(value: Any) -> tuple[str, ...]:
    domains = comma_separated(value)
    if not all(_DOMAIN.fullmatch(domain) for domain in domains):
        raise ValueError("needs email domains separated by commas")
    return domains


def _origins(value: Any) -> frozenset[str]:
    return frozenset(map(_origin, comma_separated(value)))


def _origin(text: str) -> str:
    # As browsers write it, so that what they send can be compared whole: RFC 6454, 6.2.
    if not _ORIGIN.fullmatch(text) or urlsplit(text).port == _HTTPS_PORT:
        raise ValueError("needs https://, a host, and a port only if it is another than 443")
    return text


def _connection_string(value: Any) -> SecretStr:
    text = str(value)
    if text.rstrip(";").casefold() == _EMULATOR.casefold():
        return SecretStr(_EMULATOR)
    _check_connection(_parts(text))
    return SecretStr(text)


def _parts(text: str) -> dict[str, str]:
    pairs = [part.split("=", 1) for part in text.rstrip(";").split(";")]
    parts = {pair[0].casefold(): pair[-1] for pair in pairs}
    if len(parts) != len(pairs) or not all(len(pair) == 2 and all(pair) for pair in pairs):
        raise ValueError("needs a connection string: Name=value pairs separated by semicolons, no name repeated")
    return parts


def _check_connection(parts: Mapping[str, str]) -> None:
    if {"accountname", "accountkey"} <= parts.keys():
        _check_shared_key(parts["accountkey"])
    elif "sharedaccesssignature" not in parts:
        raise ValueError("needs AccountName and AccountKey, or SharedAccessSignature")
    elif "accountname" not in parts and not {"tableendpoint", "queueendpoint"} <= parts.keys():
        raise ValueError("needs AccountName, or TableEndpoint and QueueEndpoint")
    if "tablesecondaryendpoint" in parts and "tableendpoint" not in parts:
        raise ValueError("has TableSecondaryEndpoint without TableEndpoint")
    for name, endpoint in parts.items():
        if name.endswith("endpoint"):
            _check_endpoint(endpoint)


def _check_endpoint(text: str) -> None:
    address = urlsplit(text)
    if address.scheme not in {"http", "https"} or not address.hostname or address.port == 0:
        raise ValueError("has an endpoint that is not a valid http(s) URL")


def _encrypted(url: HttpUrl) -> HttpUrl:
    if url.scheme != "https":
        raise ValueError("needs https")
    return url


def _encrypted_or_local(url: HttpUrl) -> HttpUrl:
    return url if url.host in _LOCAL_HOSTS else _encrypted(url)


def _vault_key(url: HttpUrl) -> HttpUrl:
    if not _VAULT_KEY.fullmatch(url.path or ""):
        raise ValueError("needs https://<vault>/keys/<name>, without a version")
    return _encrypted(url)


def _passphrase(value: Any) -> PassphraseHash:
    return PassphraseHash.parse(str(value))


def _notify_key(value: Any) -> SecretStr:
    if not _NOTIFY_KEY.fullmatch(str(value)):
        raise ValueError("needs an API key of GOV.UK Notify: <name>-<service id>-<secret>")
    return SecretStr(str(value))


def _token(value: Any) -> SecretStr:
    if not _TOKEN.fullmatch(str(value)):
        raise ValueError("needs at least 32 random characters: letters, digits, hyphens, underscores")
    return SecretStr(str(value))


def _day(value: Any) -> date:
    return date.fromisoformat(str(value))


_RANDOM = f"at least {_SECRET_BYTES} random bytes in base64url"

Key = Annotated[SecretBytes, BeforeValidator(_secret), Needs(_RANDOM)]
Keys = Annotated[tuple[SecretBytes, ...], BeforeValidator(_secrets), Needs(f"{_RANDOM}; several with commas between")]
Day = Annotated[date, BeforeValidator(_day), Needs("a day such as 2026-12-04")]
SharedKey = Annotated[SecretStr, BeforeValidator(_shared_key), Needs("a key in base64")]
Domains = Annotated[tuple[str, ...], BeforeValidator(_domains), Needs("email domains with commas between them")]
Origins = Annotated[
    frozenset[str],
    BeforeValidator(_origins),
    Needs("web addresses such as https://www.example.nhs.uk, without a slash at the end, with commas between them"),
]
ConnectionString = Annotated[
    SecretStr, BeforeValidator(_connection_string), Needs("the connection string of a storage account")
]
HttpsUrl = Annotated[HttpUrl, AfterValidator(_encrypted), Needs("a web address that begins with https://")]
Endpoint = Annotated[
    HttpUrl,
    AfterValidator(_encrypted_or_local),
    Needs("a web address that begins with https://, or http:// of this machine"),
]
VaultKey = Annotated[
    HttpUrl, AfterValidator(_vault_key), Needs("https://<vault>/keys/<name> of a key in Key Vault, without a version")
]
Passphrase = Annotated[
    PassphraseHash, BeforeValidator(_passphrase), Needs("a hash as `python dev.py passphrase` prints it")
]
NotifyApiKey = Annotated[
    SecretStr, BeforeValidator(_notify_key), Needs("an API key of GOV.UK Notify: <name>-<service id>-<secret>")
]
BearerToken = Annotated[
    SecretStr, BeforeValidator(_token), Needs("at least 32 random characters: letters, digits, hyphens, underscores")
]
NotifyId = Annotated[UUID, Needs("an id as GOV.UK Notify shows it, such as f33517ff-2a88-4f6e-b855-c550268ce08a")]
Credential = Literal["managedidentity"]
