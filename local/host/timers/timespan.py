"""Durations as .NET writes them: `[d.]hh:mm:ss[.fffffff]`."""

import re
from datetime import timedelta

_TIMESPAN = re.compile(r"(?:(\d+)\.)?(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,7}))?")


def parse_timespan(text: str) -> timedelta:
    """Raises ValueError if the text is not such a duration."""
    match = _TIMESPAN.fullmatch(text.strip())
    if not match:
        raise ValueError(f"'{text}' is not a duration such as 00:05:00")
    days, hours, minutes, seconds, fraction = match.groups("0")
    if int(hours) > 23 or int(minutes) > 59 or int(seconds) > 59:
        raise ValueError(f"'{text}' is not a duration such as 00:05:00")
    micros = int(fraction.ljust(7, "0")) // 10
    return timedelta(days=int(days), hours=int(hours), minutes=int(minutes), seconds=int(seconds), microseconds=micros)
