"""References that people read out and write down, and row keys that reveal nothing about a person: keyed hashes."""

import hashlib
import hmac
import re
import unicodedata

# No vowels, so that no words appear; none of 0 O 1 I L 5 S 8 B 2 Z, which look or sound alike.
ALPHABET = "34679CDFGHJKMNPQRTVWXY"
LENGTH = 8

_STUCK = re.compile("[&%<>=?#＆％＜＞＝？＃].*", re.DOTALL)  # noqa: RUF001  # full-width ones are typed too

# Characters typed for ones that look alike: Greek and Cyrillic capitals, and characters that no reference has.
_LOOKALIKES = str.maketrans("ΗΚΜΝΡΤΧΥ" + "НКМРСТХУ" + "UO0A1", "HKMNPTXY" + "HKMPCTXY" + "VQQ47")  # noqa: RUF001  # see above


def keyed_hash(key: bytes, purpose: str, *parts: str) -> str:
    """Returns HMAC-SHA256 in hex over the parts, each with its length, so that no two lists give the same message."""
    message = "".join(f"{len(part)}:{part}" for part in (purpose, *parts))
    return hmac.new(key, message.encode(), hashlib.sha256).hexdigest()


def reference(key: bytes, purpose: str, *parts: str) -> str:
    """Returns eight characters, the same for the same parts: one of 22 to the power of 8, 54,875,873,536."""
    number = int(keyed_hash(key, purpose, *parts), 16)
    chars = []
    for _ in range(LENGTH):
        number, place = divmod(number, len(ALPHABET))
        chars.append(ALPHABET[place])
    return "".join(chars)


def read_reference(typed: str) -> str | None:
    """Returns the reference in typed text, whatever its spacing and keyboard; None if it is not a reference.

    Where the rest of an address or of an HTML entity is stuck to its end, as `%20` or `&amp;x`, that is left out.
    """
    return read_signs(typed, LENGTH) or read_signs(_STUCK.sub("", typed[:100]), LENGTH)


def read_signs(typed: str, length: int) -> str | None:
    """Returns the `length` characters of the alphabet in typed text, whatever its spacing and keyboard, or None."""
    text = "".join(_sign(char) for char in unicodedata.normalize("NFKC", typed[:100]).upper())
    read = text.translate(_LOOKALIKES)
    return read if len(read) == length and set(read) <= set(ALPHABET) else None


def _sign(char: str) -> str:
    """Returns a letter as it is and a digit of any script as an ASCII digit; anything else is a separator."""
    digit = unicodedata.digit(char, None)
    if digit is not None:
        return str(digit)
    return char if char.isalpha() else ""


def submission_hash(key: bytes, submission_id: str) -> str:
    """Returns the part of a submission's id that rows keep: enough to recognise it, not to reconstruct it."""
    return keyed_hash(key, "submission", submission_id)[:32]


def answers_hash(key: bytes, submission_id: str, answers: str) -> str:
    """Returns the part of the answers that rows keep: enough to compare them, and nothing that can be guessed."""
    return keyed_hash(key, "answers", submission_id, answers)[:32]
