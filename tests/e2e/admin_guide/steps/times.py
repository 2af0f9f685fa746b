"""Moments and lengths of time as the guide writes them, and the runs of the timer that they come to."""

import re
from datetime import datetime, timedelta

from tests.builders import london
from tests.e2e.admin_guide.phrases import UnknownPhraseError

RUN_INTERVAL = timedelta(minutes=5, seconds=10)
"""Time between two runs in a trial: a little more than in Azure, so that 15 minutes are over after three of them."""

_NUMBERS = {"a": 1, "an": 1}


def moment(day: str, clock: str) -> datetime:
    """A moment in September 2023, as the guide writes it: `8`, `12:30pm`."""
    found = re.fullmatch(r"(\d+)(?::(\d\d))?([ap])m", clock)
    if found is None:
        raise UnknownPhraseError(f"{clock!r} is no time of day")
    hour = int(found[1]) % 12 + (12 if found[3] == "p" else 0)
    return london(f"2023-09-{int(day):02} {hour:02}:{found[2] or '00'}")


def length_of(number: str, unit: str) -> timedelta:
    """The time that a text names."""
    return timedelta(**{f"{unit}s": float(_NUMBERS.get(number) or number)})


def run_after(length: timedelta) -> timedelta:
    """The first run when that time is over; hours and days are not counted in runs."""
    return length if length >= timedelta(hours=1) else -(-length // timedelta(minutes=5)) * RUN_INTERVAL
