"""The text of a cell as someone would write it into the portal, from a number, date or time of Excel's."""

from datetime import date, datetime, time, timedelta
from typing import Any

_NIGHT = range(1, 7)
_DAY, _SECOND = timedelta(days=1), timedelta(seconds=1)


def cell_text(column: str, value: Any) -> str:
    """The text for a column of the table `Sessions`.

    A time of Excel's from 1:00 to 6:59 has no zero in front, so that the reader asks: Excel makes it of "3:00", which
    may have meant the afternoon.
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (date, time, timedelta)):  # a datetime is a date
        return _of_moment(column, value)
    if isinstance(value, float):
        return _of_number(column, value)
    return "" if value is None else str(value)


def _of_moment(column: str, value: date | time | timedelta) -> str:
    if isinstance(value, datetime):
        return value.isoformat() if value.time() != time() else value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    span = value if isinstance(value, timedelta) else _since_midnight(value)
    minutes, seconds = divmod(round(span / _SECOND), 60)  # Excel counts in parts of a day, which are no whole seconds
    if column == "Minutes" and not seconds:
        return str(minutes)
    return _clock(span) if timedelta() <= span < _DAY else str(value)


def _since_midnight(value: time) -> timedelta:
    return timedelta(hours=value.hour, minutes=value.minute, seconds=value.second, microseconds=value.microsecond)


def _of_number(column: str, value: float) -> str:
    if column == "Time" and 0 < value < 1:  # a part of a day, in a cell that is formatted as a number
        return _clock(_DAY * value)
    return str(int(value)) if value.is_integer() else str(value)


def _clock(span: timedelta) -> str:
    minutes, seconds = divmod(round(span / _SECOND), 60)
    hour, minute = divmod(minutes, 60)
    shown = str(hour) if hour in _NIGHT else f"{hour:02}"
    return f"{shown}:{minute:02}" + (f":{seconds:02}" if seconds else "")
