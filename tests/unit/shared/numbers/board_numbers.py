"""The numbers for a board over a booking side in memory."""

from collections.abc import Callable
from datetime import timedelta

from shared.bookings.retention.session_tallies import SessionTallies
from shared.config.choices import Attendance
from shared.numbers.daily_numbers import MONTHS, QUARTERS, DailyNumbers
from shared.numbers.periods import Quarter
from shared.tables.service_table import read_service_rows
from shared.tables.table import Row, Table
from tests.fakes import FakeTable
from tests.unit.shared.bookings.booking_system import BookingHarness

KEPT = timedelta(days=90)


def idle_numbers(table: Table) -> DailyNumbers:
    """Numbers of nothing: no session took place, and no referral was passed on."""
    return DailyNumbers(
        numbers=table,
        service=FakeTable(),
        kept=KEPT,
        tallies=lambda _: [],
        forget_tallies=lambda _: None,
        passed_on=lambda _: 0,
        with_attendance=True,
    )


class Board:
    """What a board sees of a harness.

    `passed_on` is the number of referrals of any quarter, None where no one-to-one sessions are offered.
    """

    def __init__(self, harness: BookingHarness, kept: timedelta = KEPT) -> None:
        self.harness, self.kept, self.numbers = harness, kept, FakeTable(lambda: harness.now)
        self.passed_on: int | None = 0
        self.asked: list[Quarter] = []

    def run(self, wrap: Callable[[FakeTable], Table] = lambda table: table) -> None:
        """One run of the timer's part, as far as numbers go."""
        tallies = SessionTallies(
            sessions=self.harness.sessions,
            bookings=self.harness.bookings,
            service=wrap(self.harness.service),
            kept=self.kept,
            attendance=self.harness.attendance,
        )
        numbers = DailyNumbers(
            numbers=wrap(self.numbers),
            service=wrap(self.harness.service),
            kept=self.kept,
            tallies=tallies.read,
            forget_tallies=tallies.forget,
            passed_on=None if self.passed_on is None else self._count,
            with_attendance=self.harness.attendance is not Attendance.NONE,
        )
        numbers.run(read_service_rows(self.harness.service), self.harness.now)

    def month(self, key: str = "2023-09") -> Row | None:
        return self.numbers.rows.get((MONTHS, key))

    def quarter(self, key: str = "2023-07") -> Row | None:
        return self.numbers.rows.get((QUARTERS, key))

    def tallies(self) -> dict[str, Row]:
        return {key: row for (partition, key), row in self.harness.service.rows.items() if partition == "tallies"}

    def _count(self, quarter: Quarter) -> int:
        self.asked.append(quarter)
        return self.passed_on or 0
