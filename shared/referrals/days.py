"""Days as the cells of a referral hold them, YYYY-MM-DD in London or "": counted, added to, and in words."""

from datetime import date, timedelta

from shared.content.language.dates import IN_ENGLISH, Dates
from shared.local_time import WorkingDays


def days_since(day: str, today: date) -> int | None:
    """The number of days since that day, below 0 if it is still to come; None if the text is no day."""
    try:
        return (today - date.fromisoformat(day)).days
    except ValueError:
        return None


def working_days_since(day: str, today: date, calendar: WorkingDays) -> int | None:
    """The number of working days after that day up to and including today; None if the text is no day."""
    try:
        return calendar.since(date.fromisoformat(day), today)
    except ValueError:
        return None


def is_day(text: str) -> bool:
    return days_since(text, date.min) is not None


def is_past(day: str, days: int, today: date) -> bool:
    """True if that day was at least so many days ago; False if the text is no day."""
    return is_reached(days_since(day, today), days)


def is_reached(days: int | None, wanted: int) -> bool:
    """True if the count of days is known and at least `wanted`."""
    return days is not None and days >= wanted


def add_days(day: str, days: int) -> date | None:
    """The day so many days later; None if the text is no day."""
    try:
        return date.fromisoformat(day) + timedelta(days=days)
    except (ValueError, OverflowError):
        return None


def in_words(day: str, dates: Dates = IN_ENGLISH) -> str:
    """Friday 8 September 2023; the text itself if it is no day, because someone may have typed over the cell."""
    try:
        return dates.iso_day(day)
    except ValueError:
        return day
