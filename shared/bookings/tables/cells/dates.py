"""A day as people and table editors write it."""

import re
from datetime import UTC, date, datetime, time

from shared.bookings.tables.cells.problem import CellError
from shared.bookings.tables.cells.visible_text import ascii_signs
from shared.local_time import date_without_weekday, zone
from shared.wording.sentences import sentence

_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTH_NUMBERS = {name[:length]: number for number, name in enumerate(_MONTHS, 1) for length in (3, 4, len(name))}
_WEEKDAY_NUMBERS = {
    name[:length]: number for number, name in enumerate(_WEEKDAYS) for length in (3, 4, 5, len(name))
} | {"weds": 2}

_WEEKDAY_FIRST = re.compile(r"([a-z]{3,9})\.?,?\s++(?=\D*+\d\D*+\d)(.+)", re.DOTALL)
_YEAR_FIRST = re.compile(
    r"(?P<year>\d{4})(?P<sign>[-/.])(?P<month>\d{1,2})(?P=sign)(?P<day>\d{1,2})(?:[t ](?P<clock>.+))?", re.DOTALL
)
_COMPACT = re.compile(r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)(?P<clock>)")
_DAY_FIRST = re.compile(
    r"(?P<day>\d{1,2})(?:st|nd|rd|th)?(?:\s+of)?[\s/.,-]*(?P<month>[a-z]{3,9})[\s/.,-]*(?P<year>.*)"
)
_MONTH_FIRST = re.compile(r"(?P<month>[a-z]{3,9})[\s/.-]*(?P<day>\d{1,2})(?:st|nd|rd|th)?[\s/.,-]+(?P<year>.*)")
_SHORT_YEAR, _LONG_YEAR = re.compile(r"(?:\W?\d{2})?"), re.compile(r"\d{4}")
_NUMBERS_ALONE = re.compile(r"(?<!\d)\d{1,2}\s{0,5}([-/. ])\s{0,5}\d{1,2}\s{0,5}\1\s{0,5}(?:\d{4}|\d{2})(?!\d)")


def parse_day(text: str) -> date:
    """Reads a day between 2000 and 2099.

    Read are year, month and day in this order, as ISO 8601 writes them or with fewer digits; the month in words; a
    weekday that matches; and an ISO 8601 date and time that is midnight in UTC or here, which editors make of a day.

    Raises:
        CellError: it can mean several days, contradicts itself, or lacks the year. The message says what to write.
        ValueError: it is no day.
    """
    written = ascii_signs(text).casefold()
    weekday, rest = _without_weekday(written)
    day = _year_first(rest) or _month_in_words(rest)
    if day is None:
        raise _not_a_day(rest)
    if not 2000 <= day.year < 2100:  # a slip of the keyboard, and arithmetic at the ends of time fails
        raise CellError(sentence("portal.date.year"))
    if weekday is not None and day.weekday() != weekday:
        raise CellError(sentence("portal.date.weekday", day=date_without_weekday(day), weekday=f"{day:%A}"))
    return day


def _without_weekday(text: str) -> tuple[int | None, str]:
    found = _WEEKDAY_FIRST.fullmatch(text)
    weekday = _WEEKDAY_NUMBERS.get(found[1]) if found else None
    return (None, text) if found is None or weekday is None else (weekday, found[2])


def _year_first(text: str) -> date | None:
    found = _YEAR_FIRST.fullmatch(text) or _COMPACT.fullmatch(text)
    if found is None:
        return None
    day = date(int(found["year"]), int(found["month"]), int(found["day"]))
    return _of_midnight(day, found["clock"]) if found["clock"] else day


def _of_midnight(day: date, clock: str) -> date:
    """The day whose midnight, in UTC or here, a date and time names."""
    if not 2000 <= day.year < 2100:
        return day
    moment = datetime.fromisoformat(f"{day}T{clock.strip().upper()}")
    there = (moment.astimezone(UTC), moment.astimezone(zone())) if moment.tzinfo else (moment,)
    for each in there:
        if each.time() == time():
            return each.date()
    raise CellError(sentence("portal.date.with-time"))


def _month_in_words(text: str) -> date | None:
    found = _DAY_FIRST.fullmatch(text) or _MONTH_FIRST.fullmatch(text)
    month = _MONTH_NUMBERS.get(found["month"]) if found else None
    if found is None or month is None:
        return None
    if _SHORT_YEAR.fullmatch(found["year"]):
        raise CellError(sentence("portal.date.no-year"))
    return date(int(found["year"]), month, int(found["day"])) if _LONG_YEAR.fullmatch(found["year"]) else None


def _not_a_day(text: str) -> ValueError:
    found = _NUMBERS_ALONE.search(text)
    if found is None:
        return ValueError("not a day")
    sign = sentence("portal.date.spaces") if found[1] == " " else f'"{found[1]}"'
    return CellError(sentence("portal.date.either-way", sign=sign))
