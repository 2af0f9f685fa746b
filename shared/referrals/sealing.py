"""Sealing answers so that only the holder of the private key can read them: AES-256-GCM, its key wrapped by RSA.

The wrapped secret is the content key. It encrypts nothing itself: one key is derived from it for AES-GCM, and another
proves that a referral was opened. In rows of the first version it is the key of AES-GCM.

The side that accepts a referral holds the public key alone and asks no vault; the side that forwards it unwraps.
"""

import json
import secrets
from collections.abc import Mapping
from typing import Any, Protocol

from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError, HttpResponseError
from azure.keyvault.keys import JsonWebKey
from azure.keyvault.keys.crypto import CryptographyClient, KeyWrapAlgorithm
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared import base64url
from shared.referrals.errors import KeyUnavailableError, UnsealError, unknown_version
from shared.referrals.key_derivation import CONTENT, derive_key
from shared.referrals.model import Referral
from shared.referrals.sealed_answers import FIRST_VERSION, SEAL_VERSION, SEAL_VERSIONS, Sealed

_ALGORITHM = KeyWrapAlgorithm.rsa_oaep_256
_KEY_BYTES = 32
_NONCE_BYTES = 12  # NIST SP 800-38D: 96 bits; the key is used once
_NUMBERS = ("n", "e", "d", "p", "q", "dp", "dq", "qi")


class Sealer:
    """Seals with the public key of this JSON Web Key, without any request."""

    def __init__(self, public_jwk: Mapping[str, str]) -> None:
        self._key_id = public_jwk["kid"]
        self._client = CryptographyClient.from_jwk(_parsed(public_jwk))

    def seal(self, referral: Referral, answers: bytes) -> Sealed:
        """Seals the answers of a referral: under another reference, day or version, or in another table, nothing opens.

        The result has no MAC yet. It was opened again with its content key before it is returned; that the content key
        can be unwrapped is what `key_proofs` show.

        Raises:
            UnsealError: what was sealed does not open, or not as these answers.
        """
        key, nonce = secrets.token_bytes(_KEY_BYTES), secrets.token_bytes(_NONCE_BYTES)
        wrapped = self._client.wrap_key(_ALGORITHM, key).encrypted_key
        ciphertext = _cipher(SEAL_VERSION, key).encrypt(nonce, answers, _associated_data(referral, SEAL_VERSION))
        sealed = Sealed(SEAL_VERSION, self._key_id, wrapped, nonce, ciphertext)
        if decrypt(referral, sealed, key) != answers:
            raise UnsealError("content")
        return sealed


class Unwrapper(Protocol):
    """Unwraps a key with the private key of that id.

    `VaultKey` does so in Azure, `LocalKey` on a developer's machine, and `NoKey` never: the provider has the keys.
    """

    def unwrap(self, key_id: str, wrapped_key: bytes) -> bytes:
        """The unwrapped key.

        Raises:
            KeyUnavailableError: the private key cannot be used at the moment.
            UnsealError: it is another key's, or was tampered with.
        """


class NoKey:
    """The worker that has no key, because only the provider's keys open what is sealed."""

    def unwrap(self, key_id: str, wrapped_key: bytes) -> bytes:  # noqa: ARG002  # as of the others
        """Raises KeyUnavailableError, whatever it is given."""
        raise KeyUnavailableError("this service has no key")


class LocalKey:
    """Private keys in settings, for a developer's machine: the one in use, and while rotating the one before."""

    def __init__(self, *private_jwks: str) -> None:
        jwks = [json.loads(each) for each in private_jwks]
        self._clients = {jwk["kid"]: CryptographyClient.from_jwk(_parsed(jwk)) for jwk in jwks}

    def unwrap(self, key_id: str, wrapped_key: bytes) -> bytes:
        if key_id not in self._clients:
            raise KeyUnavailableError("no private key with this id")
        try:
            return bytes(self._clients[key_id].unwrap_key(_ALGORITHM, wrapped_key).key)
        except ValueError as error:  # `cryptography` raises it for a key that does not unwrap
            raise UnsealError("key") from error


class VaultKey:
    """A private key in Azure Key Vault: each of its enabled versions opens the answers that were sealed with it."""

    def __init__(self, key_url: str, credential: TokenCredential, **options: Any) -> None:
        """`options` go to the SDK's client."""
        self._key_url = key_url.rstrip("/")
        self._credential = credential
        self._options: Mapping[str, Any] = {"retry_total": 0, "read_timeout": 10, **options}
        self._clients: dict[str, CryptographyClient] = {}

    def unwrap(self, key_id: str, wrapped_key: bytes) -> bytes:
        # The id comes from a table: only versions of our own key are asked for, whatever is stored there.
        if not key_id.startswith(f"{self._key_url}/"):
            raise UnsealError("key id")
        if key_id not in self._clients:
            self._clients[key_id] = CryptographyClient(key_id, self._credential, **self._options)
        try:
            return bytes(self._clients[key_id].unwrap_key(_ALGORITHM, wrapped_key).key)
        except HttpResponseError as error:
            if error.status_code == 400:
                raise UnsealError("key") from error
            raise KeyUnavailableError(f"HTTP {error.status_code}") from error
        except AzureError as error:
            raise KeyUnavailableError(type(error).__name__) from error


def unseal(referral: Referral, sealed: Sealed, unwrapper: Unwrapper) -> bytes:
    """The answers that were sealed for this referral, in plain.

    Raises:
        UnsealError: they were tampered with, cut short, or sealed under another reference, day or version.
        KeyUnavailableError: the private key cannot be used at the moment.
    """
    return decrypt(referral, sealed, content_key(sealed, unwrapper))


def content_key(sealed: Sealed, unwrapper: Unwrapper) -> bytes:
    """The key of these answers alone, which only the private key can unwrap; raises as `unseal`."""
    return unwrapper.unwrap(sealed.key_id, sealed.wrapped_key)


def decrypt(referral: Referral, sealed: Sealed, key: bytes) -> bytes:
    """The answers, with their own content key; raises UnsealError as `unseal`."""
    if sealed.version not in SEAL_VERSIONS:
        raise unknown_version(sealed.version)
    try:
        associated = _associated_data(referral, sealed.version)
        return _cipher(sealed.version, key).decrypt(sealed.nonce, sealed.ciphertext, associated)
    except (InvalidTag, ValueError) as error:
        raise UnsealError("content") from error


def _cipher(version: str, content_key: bytes) -> AESGCM:
    return AESGCM(content_key if version == FIRST_VERSION else derive_key(content_key, CONTENT))


def _associated_data(referral: Referral, version: str) -> bytes:
    day = "" if version == FIRST_VERSION else f"|{referral.received_on}"
    return f"SealedReferrals|{referral.reference}|{version}{day}".encode()


def _parsed(jwk: Mapping[str, str]) -> JsonWebKey:
    numbers: dict[str, Any] = {name: base64url.decode_any(jwk[name]) for name in _NUMBERS if name in jwk}
    operations = ["wrapKey", "unwrapKey"] if "d" in jwk else ["wrapKey"]
    return JsonWebKey(kty="RSA", kid=jwk["kid"], key_ops=operations, **numbers)
