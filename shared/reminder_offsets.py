"""Reminder offsets before the start: days on London's wall clock, or exact hours and minutes."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from shared.local_time import days_before

_SHAPE = re.compile(r"P(?:(\d{1,3})([DW])|T(\d{1,4})([HM]))")
_REMEMBERED = 200  # texts: nearly every session has the same


@dataclass(frozen=True, slots=True)
class Offset:
    """A time before the start. `text` is its ISO 8601 form: P1D, P1W, PT1H or PT30M."""

    text: str
    days: int
    duration: timedelta

    def before(self, starts: datetime) -> datetime:
        """Returns the moment in UTC: days and weeks keep the wall-clock time, hours and minutes are exact."""
        return days_before(starts, self.days) if self.days else starts - self.duration


def parse_offset(text: str) -> Offset:
    """Reads one offset.

    Raises:
        ValueError: it is not P<n>D, P<n>W, PT<n>H or PT<n>M with n above 0.
    """
    match = _SHAPE.fullmatch(text)
    if match is None or not int(match[1] or match[3]):
        raise ValueError("a reminder must be P<days>D, P<weeks>W, PT<hours>H or PT<minutes>M, for example P1D,PT1H")
    if match[1]:
        return Offset(text, int(match[1]) * (7 if match[2] == "W" else 1), timedelta())
    return Offset(text, 0, timedelta(hours=int(match[3])) if match[4] == "H" else timedelta(minutes=int(match[3])))


@lru_cache(_REMEMBERED)
def parse_offsets(text: str) -> tuple[Offset, ...]:
    """Reads offsets separated by commas, in their order and without repeats; "none" means no reminders.

    Raises:
        ValueError: one of them is not an offset.
    """
    if text.strip().casefold() == "none":
        return ()
    return tuple({part.strip().upper(): parse_offset(part.strip().upper()) for part in text.split(",")}.values())


def reminder_times(starts: datetime, offsets: tuple[Offset, ...]) -> list[tuple[datetime, Offset]]:
    """Returns each reminder's moment in UTC with its offset, earliest first; of two at one moment, the last offset."""
    times = {offset.before(starts): offset for offset in offsets}
    return sorted(times.items(), key=lambda pair: pair[0])
