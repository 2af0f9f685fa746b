"""Rate limits: lets requests through, or says how long to wait."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from local.mail.errors import ServiceError

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


class Quota:
    """Sliding windows over the requests seen, refused ones included.

    "All requests accrue against your usage limits" (service-limits.md): whoever retries early prolongs the throttle.
    """

    def __init__(self) -> None:
        self._seen: list[datetime] = []

    def admit(self, now: datetime, *, per_minute: int, per_hour: int) -> None:
        """Counts one request and refuses it if it is one too many; a limit of 0 is none.

        Raises:
            ServiceError: 429, with the whole seconds after which a request would pass if none came meanwhile.
        """
        # A moment after `now` is of a clock that was turned back since; it says nothing about the hour before `now`.
        self._seen = [*(moment for moment in self._seen if now - HOUR < moment <= now), now]
        windows = [(limit, window) for limit, window in ((per_minute, MINUTE), (per_hour, HOUR)) if limit]
        if any(len(_within(self._seen, now, window)) > limit for limit, window in windows):
            wait = max(_wait(self._seen, now, limit, window) for limit, window in windows)
            raise ServiceError(429, "Request rate limit exceeded. Please try again later.", retry_after=wait)


def _within(seen: Sequence[datetime], now: datetime, window: timedelta) -> list[datetime]:
    return [moment for moment in seen if moment > now - window]


def _wait(seen: Sequence[datetime], now: datetime, limit: int, window: timedelta) -> int:
    """Seconds until the window holds fewer than its limit, so that one more fits."""
    recent = _within(seen, now, window)
    if len(recent) < limit:
        return 0
    free_at = recent[-limit] + window
    return max(1, math.ceil((free_at - now).total_seconds()))
