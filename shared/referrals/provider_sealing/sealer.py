"""Sealing of answers so that each of the provider's keys opens them, and nothing else does.

As in `shared.referrals.sealing`: AES-256-GCM (NIST SP 800-38D) with a key derived from a content key that is used once.
The content key is wrapped with RSA-OAEP and SHA-256 (RFC 8017, 7.1) for each key. Nothing here can unwrap it.
"""

import secrets
from collections.abc import Mapping, Sequence

from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

from shared.referrals.errors import UnsealError
from shared.referrals.key_derivation import CONTENT, derive_key
from shared.referrals.model import Referral
from shared.referrals.provider_sealing.acknowledgement_code import acknowledgement_code, acknowledgement_hash
from shared.referrals.provider_sealing.envelope import ProviderEnvelope, associated_data
from shared.referrals.provider_sealing.provider_keys import read_provider_keys

_KEY_BYTES = 32
_NONCE_BYTES = 12  # NIST SP 800-38D: 96 bits; the key is used once
_OAEP = padding.OAEP(padding.MGF1(SHA256()), SHA256(), label=None)


class ProviderSealer:
    """Seals for the provider's public keys, without any request."""

    def __init__(self, public_jwks: Sequence[Mapping[str, str]]) -> None:
        """Takes two different RSA keys or more; raises ValueError as `read_provider_keys`."""
        self._keys = read_provider_keys(public_jwks)

    def seal(self, referral: Referral, answers: bytes) -> ProviderEnvelope:
        """Seals the answers of a referral: under another reference or day, or with another list of keys, nothing opens.

        The result was opened again with its content key before it is returned.

        Raises:
            UnsealError: what was sealed is not these answers.
        """
        key, nonce = secrets.token_bytes(_KEY_BYTES), secrets.token_bytes(_NONCE_BYTES)
        wrapped = {each.thumbprint: each.public_key.encrypt(key, _OAEP) for each in self._keys}
        cipher, associated = AESGCM(derive_key(key, CONTENT)), associated_data(referral, wrapped)
        ciphertext = cipher.encrypt(nonce, answers, associated)
        if cipher.decrypt(nonce, ciphertext, associated) != answers:
            raise UnsealError("content")
        return ProviderEnvelope(wrapped, nonce, ciphertext, acknowledgement_hash(acknowledgement_code(key)))
