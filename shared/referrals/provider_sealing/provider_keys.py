"""Public keys of the provider: JSON Web Keys (RFC 7517) as the opener makes them, each named by its thumbprint."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers

from shared import base64url

_LEAST_KEYS = 2
_LEAST_BITS = 3072  # NIST SP 800-57, part 1, table 2: as strong as the 128 bits that protect health data for decades


@dataclass(frozen=True, slots=True)
class ProviderKey:
    """A public RSA key and its thumbprint (RFC 7638, SHA-256, base64url), which follows from the key alone."""

    thumbprint: str
    public_key: RSAPublicKey


def read_provider_keys(jwks: Sequence[Mapping[str, str]]) -> tuple[ProviderKey, ...]:
    """The keys in the order of their thumbprints, so that the same keys are always listed in the same way.

    A `kid` is not looked at: whoever writes settings could name one key as another.

    Raises:
        ValueError: there are fewer than two different keys, so that the loss of one would lose every referral; one is
            there twice, so that it may have been meant for another; or one is no public RSA key of 3072 bits or more.
    """
    keys = {key.thumbprint: key for key in map(_provider_key, jwks)}
    if len(keys) < max(len(jwks), _LEAST_KEYS):
        raise ValueError("needs two keys or more, each of them once")
    return tuple(keys[thumbprint] for thumbprint in sorted(keys))


def thumbprint(jwk: Mapping[str, str]) -> str:
    """The thumbprint of an RSA key, private or public (RFC 7638).

    Raises:
        ValueError: its numbers are not base64url.
    """
    members = {"e": _shortest(jwk["e"]), "kty": "RSA", "n": _shortest(jwk["n"])}
    canonical = json.dumps(members, separators=(",", ":"), sort_keys=True)
    return base64url.encode(hashlib.sha256(canonical.encode()).digest())


def _provider_key(jwk: Mapping[str, str]) -> ProviderKey:
    if jwk.get("kty") != "RSA" or "d" in jwk or not {"n", "e"} <= jwk.keys():
        raise ValueError("needs public RSA keys")
    numbers = RSAPublicNumbers(e=_number(jwk["e"]), n=_number(jwk["n"]))
    if numbers.n.bit_length() < _LEAST_BITS:
        raise ValueError(f"needs RSA keys of {_LEAST_BITS} bits or more")
    return ProviderKey(thumbprint(jwk), numbers.public_key())


def _number(text: str) -> int:
    return int.from_bytes(base64url.decode_any(text))


def _shortest(text: str) -> str:
    """The number without zeros in front, as RFC 7518 (6.3.1) writes it."""
    return base64url.encode(base64url.decode_any(text).lstrip(b"\0"))
