"""References that people read out and write down, and row keys that say nothing about a person: both by keyed hash."""

import hashlib
import hmac
import unicodedata

# No vowels, so that no word appears; none of 0 O 1 I L 5 S 8 B 2 Z, which look or sound alike.
ALPHABET = "34679CDFGHJKMNPQRTVWXY"
LENGTH = 8

# What people type for letters that look the same: Greek and Cyrillic capitals, and signs that no reference has.
_LOOKALIKES = str.maketrans("ΗΚΜΝΡΤΧΥ" + "НКМРСТХУ" + "UO0A1", "HKMNPTXY" + "HKMPCTXY" + "VQQ47")  # noqa: RUF001  # see above


def keyed_hash(key: bytes, purpose: str, *parts: str) -> str:
    """HMAC-SHA256 in hex over the parts, each with its length, so that no two lists of parts look alike."""
    message = "".join(f"{len(part)}:{part}" for part in (purpose, *parts))
    return hmac.new(key, message.encode(), hashlib.sha256).hexdigest()


def reference(key: bytes, purpose: str, *parts: str) -> str:
    """Eight characters, the same for the same parts: 22 to the power of 8 is 54,875,873,536 possibilities."""
    number = int(keyed_hash(key, purpose, *parts), 16)
    chars = []
    for _ in range(LENGTH):
        number, place = divmod(number, len(ALPHABET))
        chars.append(ALPHABET[place])
    return "".join(chars)


def read_reference(typed: str) -> str | None:
    """The reference that somebody typed, however they spaced it and whatever their keyboard; None where it is none."""
    text = "".join(_sign(char) for char in unicodedata.normalize("NFKC", typed[:100]).upper())
    read = text.translate(_LOOKALIKES)
    return read if len(read) == LENGTH and set(read) <= set(ALPHABET) else None


def _sign(char: str) -> str:
    """A letter or digit as it is, digits of any script as ours; anything else is a gap between them."""
    digit = unicodedata.digit(char, None)
    if digit is not None:
        return str(digit)
    return char if char.isalpha() else ""


def submission_hash(key: bytes, submission_id: str) -> str:
    """What a row keeps of a submission's id: enough to know it again, nothing to make it from."""
    return keyed_hash(key, "submission", submission_id)[:32]


def answers_hash(key: bytes, submission_id: str, answers: str) -> str:
    """What a row keeps of the answers: enough to know whether they are the same, and nothing that can be guessed at."""
    return keyed_hash(key, "answers", submission_id, answers)[:32]
