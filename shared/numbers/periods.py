"""Months and quarters by the calendar here."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Self

from shared.local_time import date_without_weekday, zone


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """One month by its first day."""

    first: date

    @classmethod
    def of(cls, moment: datetime) -> Self:
        """Returns the month of the date here at that moment."""
        return cls(moment.astimezone(zone()).date().replace(day=1))

    @property
    def key(self) -> str:
        """The month as rows are named: 2023-09."""
        return f"{self.first:%Y-%m}"

    @property
    def in_words(self) -> str:
        """The month in words: September 2023."""
        return f"{self.first:%B %Y}"

    @property
    def next_first(self) -> date:
        """The first day of the month after it."""
        return _after(self.first, 1)

    def is_complete(self, now: datetime) -> bool:
        """True if no session of it still runs here at `now` (UTC): on the second day of the next month.

        A session lasts a day at most, so one of the last evening may end on the first.
        """
        return now.astimezone(zone()).date() > self.next_first

    def is_final(self, kept: timedelta, now: datetime) -> bool:
        """True if no booking of the month is kept any more: `kept` (days) have passed since its end."""
        return now.astimezone(zone()).date() >= self.next_first + kept

    def corrected_until(self, kept: timedelta) -> str:
        """Returns the last day before it is final: 29 December 2023."""
        return date_without_weekday(self.next_first + kept - timedelta(days=1))


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """Three months by their first day, which is that of a quarter of the calendar and of the financial year."""

    first: date

    @classmethod
    def of(cls, day: date) -> Self:
        return cls(day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1))

    @classmethod
    def last_over(cls, now: datetime) -> Self:
        """Returns the quarter before the present one, here at `now` (UTC)."""
        return cls.of(cls.of(now.astimezone(zone()).date()).first - timedelta(days=1))

    @property
    def key(self) -> str:
        """The quarter as rows are named, by its first month: 2023-07."""
        return f"{self.first:%Y-%m}"

    @property
    def next_first(self) -> date:
        """The first day of the quarter after it."""
        return _after(self.first, 3)

    @property
    def in_words(self) -> str:
        """The quarter in words: July to September 2023."""
        return f"{self.first:%B} to {_after(self.first, 2):%B %Y}"


def _after(first: date, months: int) -> date:
    total = first.month - 1 + months
    return date(first.year + total // 12, total % 12 + 1, 1)
