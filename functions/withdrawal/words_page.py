"""The page that asks for a reference and three words: how long it was open, and what it says of what is missing.

Its token says since when it is open. After several wrong tries for one reference it serves for one comparison.
"""

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from functions.forms.body import Submission
from functions.forms.tokens import TOKEN, age_of, issue_token
from functions.forms.validation import FieldError
from shared.referrals.errors import PassphraseTooSoonError
from shared.signing import Signer
from shared.wording.sentences import sentence

_FORM, _SUBJECT = "own-words", "withdraw"
_NO_REFERENCE = FieldError("reference", sentence("messages.own-words.no-reference"))
_NO_WORDS = FieldError("words", sentence("messages.own-words.no-words"))


@dataclass(frozen=True, slots=True)
class WordsPage:
    """The page, as its form was `sent` at `now` (UTC)."""

    sent: Submission = field(repr=False)
    signer: Signer
    now: datetime

    @property
    def name(self) -> str:
        """The name of this page among others: its token; "" if that is none."""
        return "" if self._age is None else self.sent.text(TOKEN)

    @property
    def new_token(self) -> str:
        return issue_token(self.signer, _FORM, _SUBJECT, self.now)

    @property
    def token_again(self) -> str:
        """The token that was sent, if it is one of this page; else a new one."""
        return self.name or self.new_token

    def token_after(self, error: PassphraseTooSoonError) -> str:
        """The token for the next try: a new one if this page had its comparison."""
        return self.new_token if error.is_page_used else self.token_again

    @property
    def waited(self) -> timedelta:
        """The time for which the page was open: none if its token is missing, or a day old."""
        return self._age or timedelta(0)

    @property
    def _age(self) -> timedelta | None:
        return age_of(self.signer, _FORM, _SUBJECT, self.sent.text(TOKEN), self.now)


def missing(reference: str, words: str) -> tuple[FieldError, ...]:
    """The fields that were left empty, as messages."""
    given = ((_NO_REFERENCE, reference), (_NO_WORDS, words))
    return tuple(error for error, text in given if not text.strip())


def too_soon(error: PassphraseTooSoonError) -> FieldError:
    """The message about words that were not looked at."""
    seconds = math.ceil(error.wait.total_seconds())
    time = sentence("time.second") if seconds == 1 else sentence("time.seconds", number=seconds)
    return FieldError("words", sentence("messages.own-words.too-soon", time=time))
