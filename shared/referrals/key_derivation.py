"""Derivation of a key for each purpose from one secret: HKDF (RFC 5869) with SHA-256, the purpose as its info.

A key that is used for two purposes lets an answer to the one be an attack on the other.
"""

CONTENT = "referral content: AES-256-GCM"
KEY_PROOF = "proof of a key for referrals: HMAC-SHA256"
OPENED = "referral opened: HMAC-SHA256"
PASSPHRASE_ENTERED = "passphrase entered: HMAC-SHA256"
OWN_WORDS = "three words of a person: HMAC-SHA256"
OWN_WORDS_MAC = "three words under a reference: HMAC-SHA256"
PROVIDER_ACKNOWLEDGED = "referral acknowledged: code of the provider"
ROW_MAC = "SealedReferrals rows: HMAC-SHA256"
ROW_MAC_KEY_ID = "SealedReferrals rows: id of the key"


def derive_key(secret: bytes, purpose: str, length: int = 32) -> bytes:
    """The key of `length` bytes for this purpose: one of the constants above."""
    # Imported late: only what opens or checks a referral waits for it to load.
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415  # see above
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415  # see above

    return HKDF(SHA256(), length, salt=None, info=purpose.encode()).derive(secret)
