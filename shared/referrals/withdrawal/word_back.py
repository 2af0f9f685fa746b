"""A word back to a person whom nobody can name: one of four things that the provider says, or nothing.

It is health data under a pseudonym. So it is sealed, in a cell of the status that every referral has from the start, of
one size, with a key that only the worker has: who reads the table learns neither what was said nor whether anything
was, unless they compare the cell with what it held before. It is shown for the reference and the three words alone, and
goes with the status.
"""

from dataclasses import dataclass
from enum import StrEnum

from shared.referrals.delivery import sealed_tokens
from shared.referrals.errors import ReferralsBusyError
from shared.referrals.model import Referral, ReferralState
from shared.referrals.repository import ReferralRepository
from shared.signing import Signer

WEEKS = (2, 4, 6, 8, 12, 16, 20, 26)
"""Weeks on the waiting list that the provider can name."""

_PURPOSE = "word-back"
_CODE_LENGTH = 12  # of the longest code, "waiting/26", with room
_TRIES = 5


class Said(StrEnum):
    """The four things that the provider can say."""

    CONTACTED = "contacted"
    NOT_REACHED = "not-reached"
    WAITING = "waiting"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class WordBack:
    """One of four fixed things that the provider said; `weeks` on the waiting list, 0 for anything else."""

    said: Said
    weeks: int = 0

    @classmethod
    def read(cls, said: str, weeks: str = "") -> "WordBack | None":
        """The word of these two choices, or None if they are none that is offered."""
        if said not in set(Said):
            return None
        is_waiting = said == Said.WAITING
        known = {str(each): each for each in WEEKS}
        return None if is_waiting and weeks not in known else cls(Said(said), known[weeks] if is_waiting else 0)

    def __str__(self) -> str:
        return f"{self.said}/{self.weeks}" if self.weeks else str(self.said)


def may_be_said(referral: Referral) -> bool:
    """True if the provider has confirmed the referral, so that there is something to say, and it was not withdrawn."""
    is_confirmed = referral.state in {ReferralState.ACKNOWLEDGED, ReferralState.ERASED} and referral.acknowledged_on
    return bool(is_confirmed) and not referral.is_set_aside


@dataclass(frozen=True, slots=True)
class WordsBack:
    """Keeps and reads them. `signer` has the keys of the worker alone; words under a key that is gone are not read."""

    rows: ReferralRepository
    signer: Signer

    def of(self, referral: Referral) -> WordBack | None:
        """The word that is kept for the referral, or None."""
        if not may_be_said(referral):
            return None
        found = sealed_tokens.read(self.signer, _PURPOSE, referral.word_back)
        if found is None or len(found) != 2 or found[0] != referral.reference:
            return None
        said, _, weeks = found[1].strip().partition("/")
        return WordBack.read(said, weeks)

    def say(self, reference: str, word: WordBack) -> bool:
        """Keeps the word in place of the one before, and no moment; False if there is nothing to say any more.

        Raises:
            ReferralsBusyError: the row kept changing; try again.
            StorageError: storage refuses, or gives no clear answer; try again.
        """
        for _ in range(_TRIES):
            referral = self.rows.status(reference)
            if referral is None or not may_be_said(referral):
                return False
            text = sealed_tokens.issue(self.signer, _PURPOSE, reference, str(word).ljust(_CODE_LENGTH))
            if self.rows.mark(reference, referral.etag, WordBack=text):
                return True
        raise ReferralsBusyError
