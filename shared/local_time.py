"""Europe/London wall-clock time: what the schedule is written in, and how the NHS writes it out in words."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


class NoSuchTimeError(ValueError):
    """The clocks go forward over this wall-clock time: it does not exist on that day."""


def instant(day: date, at: time) -> datetime:
    """The moment when clocks in London show this date and time, as an aware datetime in UTC.

    A time that comes twice, when the clocks go back, is the first of the two.

    Raises:
        NoSuchTimeError: the time is skipped on that day.
    """
    wall = datetime.combine(day, at, tzinfo=LONDON)
    moment = wall.astimezone(UTC)
    if moment.astimezone(LONDON).replace(tzinfo=None) != wall.replace(tzinfo=None):
        raise NoSuchTimeError(f"{wall:%Y-%m-%d %H:%M} does not exist: the clocks go forward over it")
    return moment


def is_ambiguous(day: date, at: time) -> bool:
    """Whether the clocks go back over this wall-clock time, so that it names two moments."""
    first, second = (datetime.combine(day, at.replace(fold=fold), tzinfo=LONDON) for fold in (0, 1))
    return first.utcoffset() != second.utcoffset()


def days_before(moment: datetime, days: int) -> datetime:
    """The same wall-clock time that many days earlier, in UTC; where it is skipped that day, the hour after the gap."""
    wall = moment.astimezone(LONDON).replace(tzinfo=None) - timedelta(days=days)
    return wall.replace(tzinfo=LONDON).astimezone(UTC)


def london_day(moment: datetime) -> str:
    """The day that calendars in London show: 2023-09-08."""
    return moment.astimezone(LONDON).date().isoformat()


def clock_time(moment: datetime) -> str:
    """3pm, 5:30pm, midday, midnight (NHS service manual: numbers, measurements, dates and time)."""
    wall = moment.astimezone(LONDON)
    if (wall.hour, wall.minute) in {(0, 0), (12, 0)}:
        return "midday" if wall.hour else "midnight"
    minutes = f":{wall.minute:02}" if wall.minute else ""
    return f"{wall.hour % 12 or 12}{minutes}{'am' if wall.hour < 12 else 'pm'}"


def day_in_words(moment: datetime) -> str:
    """Friday 8 September 2023."""
    return date_in_words(moment.astimezone(LONDON))


def date_in_words(day: date) -> str:
    """Friday 8 September 2023."""
    return f"{day:%A} {day.day} {day:%B %Y}"


def iso_day_in_words(day: str) -> str:
    """Friday 8 September 2023, of the day 2023-09-08.

    Raises:
        ValueError: the text is no ISO 8601 day.
    """
    return date_in_words(date.fromisoformat(day))


def moment_in_words(moment: datetime) -> str:
    """Friday 8 September 2023, 3pm."""
    return f"{day_in_words(moment)}, {clock_time(moment)}"


def span_in_words(starts: datetime, ends: datetime) -> str:
    """Friday 8 September 2023, 3pm to 4:15pm."""
    return f"{moment_in_words(starts)} to {clock_time(ends)}"


def short(moment: datetime) -> str:
    """Fri 8 Sep, 3pm: for a column in a table."""
    wall = moment.astimezone(LONDON)
    return f"{wall:%a} {wall.day} {wall:%b}, {clock_time(moment)}"


def iso(moment: datetime) -> str:
    """ISO 8601 with London's offset, to the minute: 2023-09-08T15:00+01:00 becomes 2023-09-08T15:00:00+01:00."""
    return moment.astimezone(LONDON).isoformat(timespec="seconds")


def weekdays_after(moment: datetime, days: int) -> datetime:
    """The same wall-clock time that many weekdays later, Saturdays and Sundays not counted, in UTC."""
    wall = moment.astimezone(LONDON).replace(tzinfo=None)
    while days:
        wall += timedelta(days=1)
        days -= wall.weekday() < 5
    return wall.replace(tzinfo=LONDON).astimezone(UTC)
