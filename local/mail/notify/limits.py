"""The two limits of GOV.UK Notify: a bucket that fills by the minute, and a number for each day in UTC."""

from datetime import date, datetime

from local.mail.notify.errors import NotifyError

LARGEST_BURST = 1000


class Limits:
    """Requests are counted for each type of key. A limit of 0 is none."""

    def __init__(self) -> None:
        self._buckets: dict[str, tuple[float, datetime]] = {}
        self._days: dict[tuple[str, date], int] = {}

    def take(self, kind: str, now: datetime, per_minute: int) -> None:
        """Takes one request out of the bucket.

        Raises:
            NotifyError: 429 `RateLimitError`, the bucket is empty.
        """
        if not per_minute:
            return
        size = min(per_minute, LARGEST_BURST)
        left, since = self._buckets.get(kind, (float(size), now))
        left = min(size, left + max(0.0, (now - since).total_seconds()) * per_minute / 60)
        self._buckets[kind] = (max(left - 1, 0), now)
        if left < 1:
            words = f"Exceeded rate limit for key type {kind} of {per_minute} requests per 60 seconds"
            raise NotifyError(429, words, "RateLimitError")

    def check_day(self, kind: str, now: datetime, per_day: int) -> None:
        """Refuses what is over the day's limit, until midnight in UTC.

        Raises:
            NotifyError: 429 `TooManyRequestsError`.
        """
        if per_day and self._days.get((kind, now.date()), 0) >= per_day:
            raise NotifyError(429, f"Exceeded send limits ({per_day}) for today", "TooManyRequestsError")

    def count_day(self, kind: str, now: datetime) -> None:
        """Counts an email that was accepted."""
        self._days[kind, now.date()] = self._days.get((kind, now.date()), 0) + 1
