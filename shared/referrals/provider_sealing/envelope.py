"""Answers that are sealed for the provider's keys, as they are kept and handed out. Nothing here can open them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from shared.referrals.model import Referral
from shared.referrals.sealed_answers import PROVIDER_VERSION

VERSION = PROVIDER_VERSION
"""The version of these envelopes. Whatever opens the others refuses it by name: it has no key for one."""


@dataclass(frozen=True, slots=True)
class ProviderEnvelope:
    """Sealed answers.

    `wrapped_keys` holds the content key by the thumbprint of the key that unwraps it, in the order of thumbprints.
    `acknowledgement` is the hash by which the service knows the provider's code.
    """

    wrapped_keys: Mapping[str, bytes] = field(repr=False)
    nonce: bytes = field(repr=False)
    ciphertext: bytes = field(repr=False)
    acknowledgement: bytes = field(repr=False)


def associated_data(referral: Referral, thumbprints: Iterable[str]) -> bytes:
    """As of the other versions, and the thumbprints: a key that can read along cannot be taken off the list."""
    keys = " ".join(thumbprints)
    return f"SealedReferrals|{referral.reference}|{VERSION}|{referral.received_on}|{keys}".encode()
