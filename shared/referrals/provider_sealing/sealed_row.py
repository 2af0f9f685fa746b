"""An envelope for the provider's keys as the cells of a sealed row hold it, and back."""

from shared.referrals.errors import UnsealError, unknown_version
from shared.referrals.provider_sealing.envelope import VERSION, ProviderEnvelope
from shared.referrals.sealed_answers import Sealed

_LENGTH = 2  # bytes in front of each wrapped key: keys of more bits give longer ones


def to_sealed(envelope: ProviderEnvelope) -> Sealed:
    """The cells, without a MAC: the thumbprints in place of the key's id, and the wrapped keys in their order."""
    wrapped = envelope.wrapped_keys
    return Sealed(
        version=VERSION,
        key_id=" ".join(wrapped),
        wrapped_key=b"".join(len(each).to_bytes(_LENGTH) + each for each in wrapped.values()),
        nonce=envelope.nonce,
        ciphertext=envelope.ciphertext,
        acknowledgement=envelope.acknowledgement,
    )


def to_envelope(sealed: Sealed) -> ProviderEnvelope:
    """The envelope that was stored.

    Raises:
        UnsealError: it is of another version, or its keys are not as many as their names.
    """
    if sealed.version != VERSION:
        raise unknown_version(sealed.version)
    thumbprints, wrapped = sealed.key_id.split(" "), _split(sealed.wrapped_key)
    if len(thumbprints) != len(wrapped):
        raise UnsealError("wrapped keys")
    keys = dict(zip(thumbprints, wrapped, strict=True))
    return ProviderEnvelope(keys, sealed.nonce, sealed.ciphertext, sealed.acknowledgement)


def _split(joined: bytes) -> list[bytes]:
    found, at = [], 0
    while at < len(joined):
        end = at + _LENGTH + int.from_bytes(joined[at : at + _LENGTH])
        found.append(joined[at + _LENGTH : end])
        at = end
    return found
