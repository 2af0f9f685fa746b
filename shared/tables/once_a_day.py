"""What is done once a day: on which day it was last done, and whether the clock is steady enough to delete by it."""

from dataclasses import dataclass
from datetime import date, datetime

from shared.local_time import london_day
from shared.tables.service_table import SERVICE_PARTITION, ServiceRows
from shared.tables.table import Table

_LONGEST_SILENCE = 3  # days


@dataclass(frozen=True, slots=True)
class Daily:
    """On which day, London's, something was last done that is to be done once a day.

    `Steady` in its row counts for how many of these days the clock went on as clocks do: what deletes by the calendar
    waits until one that jumped has shown that it stays.
    """

    table: Table
    name: str

    def is_due(self, rows: ServiceRows, now: datetime) -> bool:
        return self.name not in rows or rows[self.name].text("Day") != london_day(now)

    def steady(self, rows: ServiceRows, now: datetime) -> int:
        """The count with today in it; 0 after the first day, after a jump and after a long silence."""
        if self.name not in rows:
            return 0
        try:
            last = date.fromisoformat(rows[self.name].text("Day"))
        except ValueError:
            return 0
        days = (date.fromisoformat(london_day(now)) - last).days
        return (rows[self.name].integer("Steady") or 0) + 1 if 0 < days <= _LONGEST_SILENCE else 0

    def done(self, rows: ServiceRows, now: datetime, **results: int) -> None:
        """Notes that it was done today; `results` are further cells of the row, for people to read."""
        cells = {"PartitionKey": SERVICE_PARTITION, "RowKey": self.name, "Day": london_day(now)}
        self.table.put(cells | {"Steady": self.steady(rows, now)} | results)
