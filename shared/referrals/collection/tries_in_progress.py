"""Tries of this process that are being compared, and pages that had their comparison while a delay was due.

Someone who has a link can send as many passphrases as they like. This keeps them from having all of them compared at
once, which would keep everyone else waiting; and those of colleagues who enter the right one together from being taken
for wrong ones.
"""

from collections.abc import Callable
from datetime import timedelta
from threading import Lock

from shared.referrals.errors import PassphraseTooSoonError

MOST_AT_ONCE = 4
"""Tries in progress in a process while a delay is due: two are compared at once, and two wait for it."""

MOST_PAGES = 10_000
"""Pages that are remembered; the first are forgotten."""

_MOMENT = timedelta(seconds=1)


class TriesInProgress:
    """Its `number`, and the pages that are used up; every method may be called by several threads."""

    def __init__(self) -> None:
        self._pages: dict[str, None] = {}
        self._lock = Lock()
        self.number = 0

    def check(self, page: str, delay: timedelta) -> None:
        """Returns if a try of this `page` may be compared while `delay` is due; "" is a page without a name.

        Raises:
            PassphraseTooSoonError: this page had its try, or others are in progress.
        """
        with self._lock:
            if page in self._pages:
                raise PassphraseTooSoonError(delay, is_page_used=True)
            if self.number >= MOST_AT_ONCE:
                raise PassphraseTooSoonError(_MOMENT)

    def begin(self, page: str) -> Callable[[], None]:
        """Notes that a try is in progress and that `page` had its one, if it is named; call the answer at its end."""
        with self._lock:
            self.number += 1
            if page:
                self._pages[page] = None
            if len(self._pages) > MOST_PAGES:
                del self._pages[next(iter(self._pages))]
        return self._end

    def _end(self) -> None:
        with self._lock:
            self.number -= 1
