"""NCRONTAB, the cron dialect of timer triggers: six fields, seconds first, or five without seconds.

The rules are those of the .NET library NCrontab: a day must satisfy both the day-of-month and the day-of-week field
(vixie cron takes either), Sunday is 0 and never 7, a range written backwards is turned round, `a/n` runs to the end
of the field, names may be shortened. croniter reads another dialect: docs/adr/0012 lists the differences.
"""

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

NEVER = datetime.max.replace(tzinfo=UTC)

# Not from `calendar`, which speaks the language of the machine.
_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
# A 29th of February on a given weekday returns within 40 years, also around the year 2100.
_YEARS_AHEAD = 40


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    lowest: int
    highest: int
    names: tuple[str, ...] = ()


_FIELDS = (
    _Field("second", 0, 59),
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of month", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of week", 0, 6, _DAYS),
)


@dataclass(frozen=True, slots=True)
class Ncrontab:
    """A parsed expression. Its times are UTC."""

    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]

    @classmethod
    def parse(cls, text: str) -> "Ncrontab":
        """Raises ValueError, with a text for the developer, if this is no NCRONTAB expression."""
        parts = text.split()
        if len(parts) == 5:
            parts.insert(0, "0")
        if len(parts) != 6:
            raise ValueError(f"'{text}' is not an NCRONTAB expression: it needs 6 fields, or 5 without seconds")
        try:
            return cls(*(_values(part, field) for part, field in zip(parts, _FIELDS, strict=True)))
        except ValueError as error:
            raise ValueError(f"'{text}' is not an NCRONTAB expression: {error}") from error

    def next_after(self, moment: datetime) -> datetime:
        """The first occurrence strictly later than `moment` (aware); NEVER when there is none (30 February)."""
        start = moment.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)
        day = start.date()
        today = self._time_from(start.hour, start.minute, start.second) if self._is_on(day) else None
        if today:
            return datetime(day.year, day.month, day.day, *today, tzinfo=UTC)
        following = self._day_after(day)
        if following is None:
            return NEVER
        first = (self.hours[0], self.minutes[0], self.seconds[0])
        return datetime(following.year, following.month, following.day, *first, tzinfo=UTC)

    def _is_on(self, day: date) -> bool:
        return (
            day.month in self.months
            and day.day in self.days
            and day.isoweekday() % 7 in self.weekdays  # ISO counts Sunday as 7
        )

    def _day_after(self, day: date) -> date | None:
        last = min(day.year + _YEARS_AHEAD, date.max.year)
        for year in range(day.year, last + 1):
            for month in self.months:
                if (year, month) >= (day.year, day.month):
                    found = self._day_in(year, month, day)
                    if found:
                        return found
        return None

    def _day_in(self, year: int, month: int, after: date) -> date | None:
        length = calendar.monthrange(year, month)[1]
        candidates = (date(year, month, number) for number in self.days if number <= length)
        return next((day for day in candidates if day > after and self._is_on(day)), None)

    def _time_from(self, hour: int, minute: int, second: int) -> tuple[int, int, int] | None:
        """The first time of day at or after the given one."""
        if hour in self.hours and minute in self.minutes:
            found = _first(self.seconds, second)
            if found is not None:
                return hour, minute, found
        if hour in self.hours:
            found = _first(self.minutes, minute + 1)
            if found is not None:
                return hour, found, self.seconds[0]
        found = _first(self.hours, hour + 1)
        return None if found is None else (found, self.minutes[0], self.seconds[0])


def _first(values: tuple[int, ...], lowest: int) -> int | None:
    return next((value for value in values if value >= lowest), None)


def _values(text: str, field: _Field) -> tuple[int, ...]:
    values = {value for part in text.split(",") for value in _part(part, field)}
    return tuple(sorted(values))


def _part(text: str, field: _Field) -> range:
    base, slash, step_text = text.partition("/")
    step = int(step_text) if slash and step_text.isascii() and step_text.isdigit() else 0 if slash else 1
    if step < 1:
        raise ValueError(f"'{text}' is not a valid {field.name}: the step must be a number greater than 0")
    if base == "*":
        return range(field.lowest, field.highest + 1, step)
    first, dash, last = base.partition("-")
    low = _value(first, field)
    high = _value(last, field) if dash else field.highest if slash and step > 1 else low
    return range(min(low, high), max(low, high) + 1, step)


def _value(text: str, field: _Field) -> int:
    if text.isascii() and text.isdigit():
        value = int(text)
        if not field.lowest <= value <= field.highest:
            raise ValueError(f"{value} is not a valid {field.name}: it must be {field.lowest} to {field.highest}")
        return value
    for position, name in enumerate(field.names):
        if text and name.startswith(text.lower()):
            return field.lowest + position
    raise ValueError(f"'{text}' is not a valid {field.name}")
