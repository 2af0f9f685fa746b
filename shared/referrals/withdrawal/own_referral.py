"""The referral of the person who knows its reference and its three words.

One guess in 8,589,934,592 is right. From the sixth wrong one within an hour for the same reference the page has to be
open for seconds first, as with the provider's passphrase; nobody is locked out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.references import read_reference
from shared.referrals.collection.wrong_tries import WrongTries
from shared.referrals.errors import OwnWordsError
from shared.referrals.model import Referral
from shared.referrals.withdrawal.own_words import WordHashes, read_words


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnReferrals:
    """Finds it. `status` is the repository's; `tries` are counted by reference, under names that do not tell it."""

    status: Callable[[str], Referral | None]
    hashes: WordHashes
    tries: WrongTries

    def find(self, reference: str, words: str, now: datetime, waited: timedelta, page: str) -> Referral:
        """The referral, for what was typed into a `page` that had been open for so long, at `now` (UTC).

        Raises:
            OwnWordsError: there is none under this reference with these words; it does not tell which is wrong.
            PassphraseTooSoonError: as `WrongTries.attempt`.
            StorageError: the number of tries is unknown, so none is allowed.
        """
        known, typed = read_reference(reference), read_words(words)
        if known is None or typed is None:
            raise OwnWordsError  # no reference and words of ours look so: nothing to compare
        tries = self.tries.of(self.hashes.name_of(known))
        with tries.attempt(now, waited, page):
            referral = self.status(known)
            is_right = self.hashes.match(known, typed, referral.own_words if referral else "")
        if referral is None or not is_right:
            raise OwnWordsError
        tries.take_back(now)
        return referral
