"""Progress of a referral, for anyone who knows its reference.

A reference is one of 22 ** 8, some 55 thousand million: with 500 referrals known, one guess in a hundred million finds
one, and shows a word that names no one. That number is what protects a reference: one that exists is always answered,
however many wrong ones come at the same time and from whom, so that nobody can close the page to those who ask for
their own. Of wrong ones a process answers only so many a minute, and says so in the log.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable

from shared.references import read_reference
from shared.referrals.errors import ReferralUnknownError, TooManyGuessesError
from shared.referrals.model import Progress, Referral

logger = logging.getLogger(__name__)

MAX_GUESSES_PER_MINUTE = 60
_MINUTE, _HOUR = 60.0, 3600.0  # seconds


class GuessLimiter:
    """Counts wrong references in the last minute, over all callers of this process: they have no accounts."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._made: deque[float] = deque(maxlen=MAX_GUESSES_PER_MINUTE)
        self._told = float("-inf")
        self._lock = threading.Lock()

    def count(self) -> None:
        """Counts a wrong one.

        Raises:
            TooManyGuessesError: as many as are answered in a minute came before it. It is not counted: so many are
                answered in every minute, however many come.
        """
        with self._lock:
            now = self._monotonic()
            if len(self._made) < MAX_GUESSES_PER_MINUTE or now - self._made[0] >= _MINUTE:
                self._made.append(now)
                return
            self._tell(now)
        raise TooManyGuessesError

    def _tell(self, now: float) -> None:
        if now - self._told >= _HOUR:
            self._told = now
            logger.error("over %d unknown references were asked for in a minute", MAX_GUESSES_PER_MINUTE)


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
            TooManyGuessesError: the same, and too many wrong ones were asked for in the last minute.
        """
        reference = read_reference(typed)
        referral = self._status(reference) if reference else None  # storage is not asked for what cannot be one
        if referral is None:
            self._guesses.count()
            raise ReferralUnknownError
        return referral
