"""The daily run that writes the table `Numbers`: a row for each month that is complete, and one for each quarter.

It follows from the rows as they are, so that running it twice changes nothing. A row of a month is written anew until
the month is final, when no booking of it is kept any more; after that it is never touched. A row of a quarter is
written once.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.local_time import zone
from shared.numbers.periods import Month, Quarter
from shared.numbers.session_tally import SessionTally, month_counts
from shared.numbers.suppression import Cell, MonthCounts, published, published_month
from shared.tables.once_a_day import Daily
from shared.tables.service_table import ServiceRows
from shared.tables.table import Row, Table

logger = logging.getLogger(__name__)

MONTHS, QUARTERS = "months", "quarters"
"""The partitions of the table `Numbers`."""

NAME = "numbers"
"""Key of the row in the table `Service` that says on which day the run was last finished."""

_COUNTABLE = timedelta(days=4)
"""The time after a quarter in which the status of each of its referrals is still there: see `passed_on`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyNumbers:
    """Writes the table `numbers`. `kept`: for how many days bookings are kept after their session.

    `tallies` are of the sessions that were over at a moment (UTC); `forget_tallies` deletes those of final months.
    `passed_on` counts the referrals of a quarter, and is None where no one-to-one sessions are offered. Without
    `with_attendance` the rows have no column for it.
    """

    numbers: Table
    service: Table
    kept: timedelta
    tallies: Callable[[datetime], Sequence[SessionTally]]
    forget_tallies: Callable[[datetime], None]
    passed_on: Callable[[Quarter], int] | None
    with_attendance: bool

    def run(self, service_rows: ServiceRows, now: datetime) -> None:
        """Today's run (`now` in UTC); does nothing where it was finished already.

        Raises:
            StorageError: some rows may not be written; the next run of the timer goes on.
        """
        daily = Daily(self.service, NAME)
        if not daily.is_due(service_rows, now):
            return
        self._write_quarter(now)
        self._write_months(now)
        self.forget_tallies(now)
        daily.done(service_rows, now)

    def _write_months(self, now: datetime) -> None:
        written = {row.key: row for row in self.numbers.query(PartitionKey=MONTHS)}
        for month, tallies in _by_month(self.tallies(now)).items():
            before = written.get(month.key)
            if month.is_complete(now) and not (before and before.boolean("Final", default=False)):
                self._write_month(month, month_counts(tallies), before, now)

    def _write_month(self, month: Month, counts: MonthCounts | None, before: Row | None, now: datetime) -> None:
        if counts is None:  # some of its bookings were deleted before the service counted
            return
        final = "yes" if month.is_final(self.kept, now) else "no"
        cells = self._cells(counts) | {"Month": month.in_words, "Final": final}
        if before is None or {name: before.cells.get(name) for name in cells} != cells:
            self.numbers.put({"PartitionKey": MONTHS, "RowKey": month.key, **cells})
            logger.info("numbers: wrote %s", month.key)

    def _cells(self, counts: MonthCounts) -> dict[str, Cell]:
        cells = published_month(counts)
        return cells if self.with_attendance else {name: cell for name, cell in cells.items() if name != "Attended"}

    def _write_quarter(self, now: datetime) -> None:
        if self.passed_on is None:
            return
        quarter = Quarter.last_over(now)
        is_recent = now.astimezone(zone()).date() < quarter.next_first + _COUNTABLE
        if not is_recent or self.numbers.get(QUARTERS, quarter.key) is not None:
            return
        count = published(self.passed_on(quarter))
        cells = {"PartitionKey": QUARTERS, "RowKey": quarter.key, "Quarter": quarter.in_words}
        self.numbers.put(cells | {"ReferralsPassedOn": count})


def _by_month(tallies: Iterable[SessionTally]) -> dict[Month, list[SessionTally]]:
    found: defaultdict[Month, list[SessionTally]] = defaultdict(list)
    for each in tallies:
        found[each.month].append(each)
    return dict(found)
