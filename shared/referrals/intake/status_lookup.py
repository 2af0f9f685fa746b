"""Progress of a referral, for anyone who knows its reference.

A reference is one of 22 ** 8, some 55 thousand million: with 500 referrals known, one guess in a hundred million finds
one, and shows a word that names no one. Besides, a process answers only so many wrong guesses a minute.
"""

import threading
import time
from collections import deque
from collections.abc import Callable

from shared.references import read_reference
from shared.referrals.errors import ReferralUnknownError, TooManyGuessesError
from shared.referrals.model import Progress, Referral

MAX_GUESSES_PER_MINUTE = 60
_MINUTE = 60.0  # seconds


class GuessLimiter:
    """Counts wrong references in the last minute, over all callers of this process: they have no accounts."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._made: deque[float] = deque(maxlen=MAX_GUESSES_PER_MINUTE)
        self._lock = threading.Lock()

    def check(self) -> None:
        """Raises TooManyGuessesError if there were as many as are answered in a minute."""
        with self._lock:
            if len(self._made) == MAX_GUESSES_PER_MINUTE and self._monotonic() - self._made[0] < _MINUTE:
                raise TooManyGuessesError

    def add(self) -> None:
        with self._lock:
            self._made.append(self._monotonic())


class StatusLookup:
    """Answers with one of the words of `Progress`. `status` is the repository's."""

    def __init__(self, status: Callable[[str], Referral | None], guesses: GuessLimiter) -> None:
        self._status = status
        self._guesses = guesses

    def progress(self, typed: str) -> tuple[str, Progress]:
        """The reference in its written form, and the progress of its referral. Raises as `find` does."""
        referral = self.find(typed)
        return referral.reference, referral.progress

    def find(self, typed: str) -> Referral:
        """The referral under that reference, in any spelling.

        Raises:
            ReferralUnknownError: there is none under this reference, or not any more.
            TooManyGuessesError: too many wrong ones were asked for in the last minute.
        """
        self._guesses.check()
        reference = read_reference(typed)
        referral = self._status(reference) if reference else None
        if referral is None:
            self._guesses.add()
            raise ReferralUnknownError
        return referral
