"""Wall-clock time of this installation and working days, and dates and times in words as the NHS writes them.

Source of the wording: NHS digital service manual, "Numbers, measurements, dates and time".
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from shared.installation.here import here

_SATURDAY = 5
_MOST_COUNTED = 366  # days; every deadline is shorter

type Clock = Callable[[], datetime]
"""Returns the present moment, aware and in UTC: the real one, or that of a test or of a local run."""


def zone() -> ZoneInfo:
    """Returns the time zone of this installation."""
    return here().zone


class NoSuchTimeError(ValueError):
    """The wall-clock time does not exist on that day: the clocks go forward over it."""


def instant(day: date, at: time) -> datetime:
    """Returns the moment when clocks here show this date and time, as an aware datetime in UTC.

    For a time that occurs twice, when the clocks go back, it is the first occurrence.

    Raises:
        NoSuchTimeError: the clocks skip that time on that day.
    """
    wall = datetime.combine(day, at, tzinfo=zone())
    moment = wall.astimezone(UTC)
    if moment.astimezone(zone()).replace(tzinfo=None) != wall.replace(tzinfo=None):
        raise NoSuchTimeError(f"{wall:%Y-%m-%d %H:%M} does not exist: the clocks go forward over it")
    return moment


def is_ambiguous(day: date, at: time) -> bool:
    """True if the clocks go back over this wall-clock time, so that it occurs twice."""
    first, second = (datetime.combine(day, at.replace(fold=fold), tzinfo=zone()) for fold in (0, 1))
    return first.utcoffset() != second.utcoffset()


def days_before(moment: datetime, days: int) -> datetime:
    """Returns the same wall-clock time that many days earlier, in UTC; an hour later if the clocks skip it that day."""
    wall = moment.astimezone(zone()).replace(tzinfo=None) - timedelta(days=days)
    return wall.replace(tzinfo=zone()).astimezone(UTC)


def local_day(moment: datetime) -> str:
    """Returns the date here at that moment: 2023-09-08."""
    return moment.astimezone(zone()).date().isoformat()


def clock_time(moment: datetime) -> str:
    """Returns the time here: 3pm, 5:30pm, midday or midnight."""
    wall = moment.astimezone(zone())
    if (wall.hour, wall.minute) in {(0, 0), (12, 0)}:
        return "midday" if wall.hour else "midnight"
    minutes = f":{wall.minute:02}" if wall.minute else ""
    return f"{wall.hour % 12 or 12}{minutes}{'am' if wall.hour < 12 else 'pm'}"


def day_in_words(moment: datetime) -> str:
    """Returns the date here: Friday 8 September 2023."""
    return date_in_words(moment.astimezone(zone()))


def date_in_words(day: date) -> str:
    """Returns Friday 8 September 2023."""
    return f"{day:%A} {date_without_weekday(day)}"


def date_without_weekday(day: date) -> str:
    """Returns 8 September 2023."""
    return f"{day.day} {day:%B %Y}"


def iso_day_in_words(day: str) -> str:
    """Returns Friday 8 September 2023 for 2023-09-08.

    Raises:
        ValueError: the text is not an ISO 8601 date.
    """
    return date_in_words(date.fromisoformat(day))


def moment_in_words(moment: datetime) -> str:
    """Returns Friday 8 September 2023, 3pm."""
    return f"{day_in_words(moment)}, {clock_time(moment)}"


def span_in_words(starts: datetime, ends: datetime) -> str:
    """Returns Friday 8 September 2023, 3pm to 4:15pm."""
    return f"{moment_in_words(starts)} to {clock_time(ends)}"


def short(moment: datetime) -> str:
    """Returns Fri 8 Sep, 3pm: short enough for a column of a table."""
    wall = moment.astimezone(zone())
    return f"{wall:%a} {wall.day} {wall:%b}, {clock_time(moment)}"


def short_span(starts: datetime, ends: datetime) -> str:
    """Returns Fri 8 Sep 2023, 3pm to 4:15pm; an end on a later day, midnight of the next aside, has its day."""
    first, last = (each.astimezone(zone()) for each in (starts, ends - timedelta(minutes=1)))
    end = clock_time(ends) if first.date() == last.date() else _short_moment(ends)
    return f"{_short_moment(starts)} to {end}"


def _short_moment(moment: datetime) -> str:
    wall = moment.astimezone(zone())
    return f"{wall:%a} {wall.day} {wall:%b %Y}, {clock_time(moment)}"


def iso(moment: datetime) -> str:
    """Returns ISO 8601 with the offset here, to the second: 2023-09-08T15:00:00+01:00."""
    return moment.astimezone(zone()).isoformat(timespec="seconds")


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """Mondays to Fridays but bank holidays, which an installation lists in its content file."""

    bank_holidays: frozenset[date] = field(default_factory=frozenset)

    def includes(self, day: date) -> bool:
        return day.weekday() < _SATURDAY and day not in self.bank_holidays

    def after(self, moment: datetime, days: int) -> datetime:
        """Returns the same wall-clock time here that many working days later, in UTC."""
        wall = moment.astimezone(zone()).replace(tzinfo=None)
        while days:
            wall += timedelta(days=1)
            days -= self.includes(wall.date())
        return wall.replace(tzinfo=zone()).astimezone(UTC)

    def since(self, day: date, today: date) -> int:
        """Returns the number of working days after `day` up to and including `today`; 0 if `day` is still to come."""
        days = min((today - day).days, _MOST_COUNTED)
        return sum(self.includes(today - timedelta(days=back)) for back in range(days))
