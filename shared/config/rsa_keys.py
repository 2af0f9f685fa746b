"""RSA keys in settings, as JSON Web Keys (RFC 7517; RFC 7518, 6.3)."""

import json
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any

from pydantic import BeforeValidator, SecretStr

from shared.config.setting_types import Needs, decode_base64

_RSA_BITS = 3072  # NIST SP 800-57, part 1, table 2: as strong as the 128 bits that protect health data for decades
_PREVIOUS_BITS = 2048  # of a key with which nothing new is sealed; NIST SP 800-131A: shorter ones protect nothing
_LEAST_PROVIDER_KEYS = 2  # the loss of one must not lose every referral


def _public_jwk(value: Any) -> dict[str, str]:
    jwk = _jwk(value, _RSA_BITS)
    if "d" in jwk:
        raise ValueError("contains a private key: only the public key may be given")
    return jwk


def _provider_jwks(value: Any) -> tuple[dict[str, str], ...]:
    keys = _object(str(value)).get("keys")
    if not isinstance(keys, list):
        raise ValueError("needs a JSON Web Key Set, as the opener saves it")  # noqa: TRY004  # pydantic takes no other
    jwks = tuple(_public_jwk(each) for each in keys)
    different = {(_number(each, "n"), _number(each, "e")) for each in jwks}
    if len(different) < max(len(jwks), _LEAST_PROVIDER_KEYS):
        raise ValueError("needs two keys or more, each of them once")
    return jwks


def _private_jwk(value: Any, *, bits: int) -> SecretStr:
    # Imported late: only the app that opens referrals with a key of its own waits for it to load.
    from cryptography.hazmat.primitives.asymmetric.rsa import (  # noqa: PLC0415  # see above
        RSAPrivateNumbers,
        RSAPublicNumbers,
    )

    jwk = _jwk(value, bits)
    n, e, d, p, q, dp, dq, qi = (_number(jwk, name) for name in ("n", "e", "d", "p", "q", "dp", "dq", "qi"))
    try:
        RSAPrivateNumbers(p=p, q=q, d=d, dmp1=dp, dmq1=dq, iqmp=qi, public_numbers=RSAPublicNumbers(e, n)).private_key()
    except ValueError:
        raise ValueError("is not a consistent RSA private key") from None  # the original may quote numbers
    return SecretStr(str(value))


def _jwk(value: Any, bits: int) -> dict[str, str]:
    jwk = value if isinstance(value, dict) else _object(str(value))
    if jwk.get("kty") != "RSA" or not jwk.get("kid") or not all(isinstance(part, str) for part in jwk.values()):
        raise ValueError("needs an RSA key as JSON Web Key with a kid")
    n, e = _number(jwk, "n"), _number(jwk, "e")
    if n.bit_length() < bits or not 1 < e < n or not n & e & 1:
        raise ValueError(f"needs an RSA key of {bits} bits or more")
    return jwk


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {}


def _number(jwk: Mapping[str, str], name: str) -> int:
    """Reads a big-endian number.

    Raises:
        ValueError: the key lacks it, or it is not base64url.
    """
    return int.from_bytes(decode_base64(jwk.get(name, "")))


PublicJwk = Annotated[
    dict[str, str],
    BeforeValidator(_public_jwk),
    Needs(f"a public RSA key of {_RSA_BITS} bits or more as JSON Web Key with a kid"),
]
ProviderJwks = Annotated[
    tuple[dict[str, str], ...],
    BeforeValidator(_provider_jwks),
    Needs(f"two different public RSA keys or more, of {_RSA_BITS} bits or more, as the file that the opener saves"),
]
PrivateJwk = Annotated[
    SecretStr,
    BeforeValidator(partial(_private_jwk, bits=_RSA_BITS)),
    Needs(f"a private RSA key of {_RSA_BITS} bits or more as JSON Web Key with a kid"),
]
PreviousPrivateJwk = Annotated[
    SecretStr,
    BeforeValidator(partial(_private_jwk, bits=_PREVIOUS_BITS)),
    Needs(f"a private RSA key of {_PREVIOUS_BITS} bits or more as JSON Web Key with a kid"),
]
