"""What a setting's text has to be before the service starts with it: keys, endpoints, connections, domains.

Whatever an SDK would only stumble over in its first call is refused here. A message never holds what was given.
"""

import base64
import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, HttpUrl, SecretBytes, SecretStr

from shared.passphrase import PassphraseHash

_SECRET_BYTES = 32
_RSA_BITS = 2048  # NIST SP 800-131A: fewer protect nothing
_BASE64 = re.compile(r"[A-Za-z0-9_-]+={0,2}")
_DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*")
_VAULT_KEY = re.compile(r"/keys/[0-9A-Za-z-]+/?")
_LOCAL_HOSTS = {"127.0.0.1", "localhost", "[::1]"}
_EMULATOR = "UseDevelopmentStorage=true"


def _bytes(text: object) -> bytes:
    plain = str(text).translate(str.maketrans("+/", "-_"))
    if not _BASE64.fullmatch(plain):
        raise ValueError("needs base64url")
    bare = plain.rstrip("=")
    return base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4))


def _secret(value: Any) -> bytes:
    secret = _bytes(value)
    if len(secret) < _SECRET_BYTES:
        raise ValueError(f"needs at least {_SECRET_BYTES} random bytes in base64url")
    return secret


def _shared_key(value: Any) -> SecretStr:
    _check_shared_key(str(value))
    return SecretStr(str(value))


def _check_shared_key(text: str) -> None:
    # As the SDKs read it, who would find out in the first request; `binascii.Error` is a ValueError.
    if not base64.b64decode(text, validate=True):
        raise ValueError("needs a key in base64")


def comma_separated(value: Any) -> tuple[str, ...]:
    """What stands between the commas, in lower case."""
    return tuple(part.strip().casefold() for part in str(value).split(","))


def _domains(value: Any) -> tuple[str, ...]:
    domains = comma_separated(value)
    if not all(_DOMAIN.fullmatch(domain) for domain in domains):
        raise ValueError("needs email domains separated by commas")
    return domains


def _public_jwk(value: Any) -> dict[str, str]:
    jwk = _jwk(value)
    if "d" in jwk:
        raise ValueError("contains a private key: only the public key may be given")
    return jwk


def _private_jwk(value: Any) -> SecretStr:
    jwk = _jwk(value)
    n, e, d, p, q, dp, dq, qi = (_number(jwk, name) for name in ("n", "e", "d", "p", "q", "dp", "dq", "qi"))
    belong = min(p, q) > 2 and p * q == n and qi * q % p == 1
    if not belong or any(part != d % (prime - 1) or e * part % (prime - 1) != 1 for part, prime in ((dp, p), (dq, q))):
        raise ValueError("is not a consistent RSA private key (RFC 8017, 3.2)")
    return SecretStr(str(value))


def _jwk(value: Any) -> dict[str, str]:
    jwk = _object(str(value))
    if jwk.get("kty") != "RSA" or not jwk.get("kid") or not all(isinstance(part, str) for part in jwk.values()):
        raise ValueError("needs an RSA key as JSON Web Key with a kid")
    n, e = _number(jwk, "n"), _number(jwk, "e")
    if n.bit_length() < _RSA_BITS or not 1 < e < n or not n & e & 1:
        raise ValueError(f"needs an RSA key of {_RSA_BITS} bits or more")
    return jwk


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {}


def _number(jwk: Mapping[str, str], name: str) -> int:
    """RFC 7518, 6.3: big-endian, in base64url."""
    return int.from_bytes(_bytes(jwk.get(name, "")))


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


Key = Annotated[SecretBytes, BeforeValidator(_secret)]
SharedKey = Annotated[SecretStr, BeforeValidator(_shared_key)]
Domains = Annotated[tuple[str, ...], BeforeValidator(_domains)]
PublicJwk = Annotated[dict[str, str], BeforeValidator(_public_jwk)]
PrivateJwk = Annotated[SecretStr, BeforeValidator(_private_jwk)]
ConnectionString = Annotated[SecretStr, BeforeValidator(_connection_string)]
HttpsUrl = Annotated[HttpUrl, AfterValidator(_encrypted)]
Endpoint = Annotated[HttpUrl, AfterValidator(_encrypted_or_local)]
VaultKey = Annotated[HttpUrl, AfterValidator(_vault_key)]
Passphrase = Annotated[PassphraseHash, BeforeValidator(_passphrase)]
Credential = Literal["managedidentity"]
