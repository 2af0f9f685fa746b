"""The day by which a person was promised to hear from the provider: the same for the person and for the provider."""

from datetime import date, datetime, time

from shared.local_time import instant, london_day, weekdays_after

_NOON = time(12)  # a time that every day has, whatever the clocks do


def reply_by(received_on: str, weekdays: int) -> str:
    """The day so many weekdays after the one of receipt, both YYYY-MM-DD in London; "" if the text is no day.

    `weekdays` is `reply_weekdays` of the content.
    """
    try:
        received: datetime = instant(date.fromisoformat(received_on), _NOON)
    except ValueError:  # words that someone entered in the portal
        return ""
    return london_day(weekdays_after(received, weekdays))
