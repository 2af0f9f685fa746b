"""Delays that grow at random: Microsoft's RandomizedExponentialBackoffStrategy."""

import random
from datetime import timedelta

_SPREAD = 0.2


class Backoff:
    """Each failure doubles what is added to the shortest delay, give or take a fifth; a success starts anew."""

    def __init__(self, shortest: timedelta, longest: timedelta) -> None:
        self._shortest = shortest.total_seconds()
        self._longest = longest.total_seconds()
        self._failures = 0

    def reset(self) -> None:
        self._failures = 0

    def next_seconds(self) -> float:
        """Seconds to wait after one more failure; never more than the longest delay."""
        share = random.uniform(1 - _SPREAD, 1 + _SPREAD)  # noqa: S311 - spreads load, guards nothing
        added = share * self._shortest * float(2 ** min(self._failures, 40) - 1)
        self._failures += 1
        return min(self._shortest + added, self._longest)
