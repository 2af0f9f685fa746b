"""Work that is due once a day: the day of its last run, and a check that the clock is steady enough to delete by."""

from dataclasses import dataclass
from datetime import date, datetime

from shared.local_time import local_day
from shared.tables.service_table import SERVICE_PARTITION, ServiceRows
from shared.tables.table import Table

_LONGEST_SILENCE = 3  # days


@dataclass(frozen=True, slots=True)
class Daily:
    """Work that is due once a day, London's, with one row of the table `Service` under its `name`.

    `Steady` in the row counts the runs in sequence at plausible intervals. Work that deletes by the calendar waits for
    some of them, so that nothing is deleted right after the clock has jumped.
    """

    table: Table
    name: str

    def is_due(self, rows: ServiceRows, now: datetime) -> bool:
        """True if it was not done yet on the day of `now` (UTC)."""
        return self.name not in rows or rows[self.name].text("Day") != local_day(now)

    def steady(self, rows: ServiceRows, now: datetime) -> int:
        """Returns the count including today; 0 on the first day, after a jump and after over 3 days without a run."""
        if self.name not in rows:
            return 0
        try:
            last = date.fromisoformat(rows[self.name].text("Day"))
        except ValueError:
            return 0
        days = (date.fromisoformat(local_day(now)) - last).days
        return (rows[self.name].integer("Steady") or 0) + 1 if 0 < days <= _LONGEST_SILENCE else 0

    def done(self, rows: ServiceRows, now: datetime, **results: int) -> None:
        """Records that it was done on the day of `now` (UTC); `rows` are those of before.

        `results` are further cells of the row, for people to read.
        """
        cells = {"PartitionKey": SERVICE_PARTITION, "RowKey": self.name, "Day": local_day(now)}
        self.table.put(cells | {"Steady": self.steady(rows, now)} | results)
