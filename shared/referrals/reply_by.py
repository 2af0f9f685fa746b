"""The day by which a person was promised to hear from the provider: the same for the person and for the provider."""

from datetime import date, datetime, time

from shared.local_time import WorkingDays, instant, local_day

_NOON = time(12)  # a time that every day has, whatever the clocks do


def reply_by(received_on: str, days: int, calendar: WorkingDays) -> str:
    """The day so many working days after the one of receipt, both YYYY-MM-DD in London; "" if the text is no day.

    `days` is `reply_weekdays` of the content.
    """
    try:
        received: datetime = instant(date.fromisoformat(received_on), _NOON)
        return local_day(calendar.after(received, days))
    except (ValueError, OverflowError):  # words, or a day at the end of time, that someone entered in the portal
        return ""
