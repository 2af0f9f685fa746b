"""The code with which the provider confirms a referral that the service cannot open.

It is derived from the content key, which only the opener can unwrap. The service makes it once, while it seals, and
keeps a hash of it: it can check the code and cannot make it.
"""

import hashlib
import hmac

from shared.references import ALPHABET, read_signs
from shared.referrals.key_derivation import PROVIDER_ACKNOWLEDGED, derive_key

_LENGTH, _GROUP = 20, 4  # 22 ** 20 codes, some 2 ** 89: a hash without a salt is not searched


def acknowledgement_code(content_key: bytes) -> str:
    """Five groups of four characters of `shared.references.ALPHABET`, as the opener shows them."""
    number, signs = int.from_bytes(derive_key(content_key, PROVIDER_ACKNOWLEDGED)), ""
    for _ in range(_LENGTH):
        number, place = divmod(number, len(ALPHABET))
        signs += ALPHABET[place]
    return "-".join(signs[start : start + _GROUP] for start in range(0, _LENGTH, _GROUP))


def acknowledgement_hash(code: str) -> bytes:
    """SHA-256 of the code without its dashes, to be stored with the sealed answers."""
    return hashlib.sha256(code.replace("-", "").encode()).digest()


def is_acknowledged(typed: str, stored: bytes) -> bool:
    """True if the text that was pasted or typed is the code of this hash, whatever its spacing and keyboard."""
    signs = read_signs(typed, _LENGTH)
    return signs is not None and hmac.compare_digest(acknowledgement_hash(signs), stored)
