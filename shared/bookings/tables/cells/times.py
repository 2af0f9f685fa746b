"""A time of day as people and table editors write it, by the clock here."""

import re
from datetime import time

from shared.bookings.tables.cells.problem import CellError
from shared.bookings.tables.cells.visible_text import ascii_signs
from shared.installation.here import here
from shared.wording.sentences import sentence

_MIDNIGHT = sentence("portal.time.midnight")
_NOON = {"noon", "midday", "12 noon", "12 midday", "12noon"}
_MIDNIGHTS = {"midnight", "12 midnight", "12midnight"}
# The day that Excel, Unix, .NET or Windows puts before a time that has none.
_NO_DAY = {"1899-12-30", "1899-12-31", "1900-01-01", "1904-01-01", "1970-01-01", "0001-01-01", "1601-01-01"}

_DECIMAL = re.compile(r"([01]?\d|2[0-3])\.([0-5])")
_ZONED = re.compile(r".*\d\s*+(?:[ap]\.?\s*+m\.?)?\s*+(?:z|utc|gmt|bst|\+\s*+\d.*)", re.DOTALL)
_WITH_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})[t ](\d\d:\d\d.*?)(?:z|\+00:00)?", re.DOTALL)
_TWELVE_HOURS = re.compile(r"(\d{1,2})(?:[:.h](\d\d)(?::00)?)?\s*([ap])\.?\s*m")
_WITH_MINUTES = re.compile(r"t?(\d{1,2})(?:[:.h](\d\d)(?::(\d\d)(?:\.0+)?)?|(\d\d))(?:\s?(?:h|hrs?|hours))?")
_HOUR = re.compile(r"0?[1-9]|1\d|2[0-4]")


def parse_time(text: str) -> time:
    """Reads a time of day.

    An hour from 1 to 6 needs am, pm or a leading zero. Of a date and time only the day that stands for none is left
    out, whatever its zone says: the editor added both.

    Raises:
        CellError: it can mean several times, or names more than a time. The message says what to write.
        ValueError: it is no time.
    """
    written = ascii_signs(text).casefold().rstrip(" .")
    if written in _NOON:
        return time(12)
    if written in _MIDNIGHTS:
        raise CellError(_MIDNIGHT)
    if found := _WITH_DAY.fullmatch(written):
        return _without_day(found[1], found[2])
    if found := _DECIMAL.fullmatch(written):
        # An editor makes 15.3 of 15.30, and nobody knows any more which it was.
        raise CellError(sentence("portal.time.decimal", hour=found[1], minute=found[2], clocks=here().clocks))
    if _ZONED.fullmatch(written):
        raise CellError(sentence("portal.time.zone", clocks=here().clocks))
    if found := _TWELVE_HOURS.fullmatch(written):
        return _of_half_a_day(int(found[1]), int(found[2] or 0), found[3])
    return _of_whole_day(text, written)


def _without_day(day: str, clock: str) -> time:
    if day not in _NO_DAY:
        raise CellError(sentence("portal.time.with-date", clocks=here().clocks))
    return _of_whole_day(clock, clock)


def _of_half_a_day(hour: int, minute: int, half: str) -> time:
    if hour == 12 and half == "a":
        raise CellError(_MIDNIGHT)
    if hour == 0 or (hour > 12 and half == "a"):
        raise ValueError("no such time")
    return time(hour + 12 if half == "p" and hour < 12 else hour, minute)


def _of_whole_day(text: str, written: str) -> time:
    if found := _WITH_MINUTES.fullmatch(written):
        hour, minute, second = found[1], int(found[2] or found[4]), int(found[3] or 0)
    elif _HOUR.fullmatch(written):
        hour, minute, second = written, 0, 0
    else:
        raise ValueError("not a time")
    if (int(hour), minute) == (24, 0):
        raise CellError(_MIDNIGHT)
    if hour in set("123456"):
        raise CellError(_which_half(text, int(hour), minute))
    return time(int(hour), minute, second)


def _which_half(text: str, hour: int, minute: int) -> str:
    afternoon = f"{hour}:{minute:02}pm" if minute else f"{hour}pm"
    return sentence("portal.time.which-half", text=text, afternoon=afternoon, morning=f"{hour:02}:{minute:02}")
