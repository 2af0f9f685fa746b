"""The `.referral` file that the provider's opener reads: JSON, all of it ASCII, with binary parts in base64url."""

import json

from shared import base64url
from shared.referrals.model import Referral
from shared.referrals.provider_sealing.envelope import VERSION, ProviderEnvelope

_TYPE = "staff-support/referral"


def file_name(reference: str) -> str:
    return f"{reference}.referral"


def referral_file(referral: Referral, envelope: ProviderEnvelope) -> bytes:
    """The file for whoever has the link: only the provider's keys open it, so that it needs no protection of its own.

    It has no hash of the acknowledgement code: the opener derives the code, and the service alone checks it.
    """
    content = {
        "type": _TYPE,
        "version": VERSION,
        "reference": referral.reference,
        "received_on": referral.received_on,
        "keys": [
            {"thumbprint": thumbprint, "wrapped_key": base64url.encode(wrapped)}
            for thumbprint, wrapped in envelope.wrapped_keys.items()
        ],
        "nonce": base64url.encode(envelope.nonce),
        "ciphertext": base64url.encode(envelope.ciphertext),
    }
    return (json.dumps(content, indent=1) + "\n").encode()
