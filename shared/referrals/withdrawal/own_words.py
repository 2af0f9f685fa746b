"""The three words with which people prove that a referral is theirs, because nobody here knows who they are.

They are derived from the id of the form, so that a form that is sent twice shows the same; three of 2,048 are 33 bits.
What is kept is a slow hash, not of the words but of a MAC over them and the reference: whoever reads the row without
the key can try none, and nobody who writes it can make up another person's.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Self

from shared.passphrase import PassphraseHash
from shared.references import keyed_hash
from shared.referrals.key_derivation import OWN_WORDS, OWN_WORDS_MAC, derive_key
from shared.referrals.row_mac import RowMac

NUMBER = 3
MAX_LENGTH = 100  # characters: longer text is no three words

_LIST = Path(__file__).with_name("words.txt")
_BITS = 11  # 2 ** 11 words
_BEGINNING = 4  # letters by which a word is known: no two begin with the same
_WORD = re.compile(r"[^\W\d_]+")
_NO_HASH = "$argon2id$v=19$m=19456,t=2,p=1$K7JEhANttQ6z0D+zKrVLsw$2prFS3ik5FJbUnk+BIPByxTl/WrtMNIWSp2jrF39OJY"


def words_of(key: bytes, submission_id: str) -> str:
    """The words of the form with this id, with blanks between them: the same whenever they are asked for."""
    number = int(keyed_hash(derive_key(key, OWN_WORDS), "words", submission_id), 16)
    return " ".join(_words()[number >> _BITS * place & 2**_BITS - 1] for place in range(NUMBER))


def read_words(typed: str) -> str | None:
    """The three words in typed text as they are shown, whatever stands between them and however they end, or None.

    Case does not matter, and nor does what follows the first four letters of a word.
    """
    found = _WORD.findall(unicodedata.normalize("NFKC", typed[:MAX_LENGTH]).casefold())
    known = [_by_beginning().get(each[:_BEGINNING], "") for each in found]
    return " ".join(known) if len(known) == NUMBER and all(known) else None


@dataclass(frozen=True, slots=True)
class WordHashes:
    """Makes the text that a row keeps of the words, with the key named `current`, and compares with it."""

    current: str
    keys: Mapping[str, bytes] = field(repr=False)

    @classmethod
    def of(cls, mac: RowMac) -> Self:
        """Derives the keys from those with which rows are signed; they are known by the same ids."""
        return cls(mac.current, {name: derive_key(key, OWN_WORDS_MAC) for name, key in mac.keys.items()})

    def hashed(self, reference: str, words: str) -> str:
        """The text to be kept under the reference: the id of the key, and a PHC string of Argon2id."""
        return self.current + str(PassphraseHash.of_secret(self._mac(self.current, reference, words)))

    def match(self, reference: str, words: str, kept: str) -> bool:
        """True if `kept` is the text of these words under this reference. It takes the same time if it is none."""
        name, _, rest = kept.partition("$")
        try:
            known = PassphraseHash.parse(f"${rest}")
        except ValueError:
            known = PassphraseHash.parse(_NO_HASH)
        is_same = known.matches_secret(self._mac(name if name in self.keys else self.current, reference, words))
        return is_same and name in self.keys

    def name_of(self, reference: str) -> str:
        """A name for the tries at this reference, which tells nobody which it is."""
        return keyed_hash(self.keys[self.current], "tries", reference)[:32]

    def _mac(self, name: str, reference: str, words: str) -> bytes:
        return keyed_hash(self.keys[name], "words", reference, words).encode()


def key_of(kept: str) -> str:
    """The id of the key under which a row keeps its words; "" if it keeps none."""
    name, found, _ = kept.partition("$")
    return name if found else ""


@cache
def _words() -> tuple[str, ...]:
    lines = _LIST.read_text("utf-8").splitlines()
    return tuple(line for line in lines if not line.startswith("#"))


@cache
def _by_beginning() -> Mapping[str, str]:
    return {word[:_BEGINNING]: word for word in _words()}
