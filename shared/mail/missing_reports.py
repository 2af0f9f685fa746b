"""Emails without a delivery report after a day: the email service is asked about each, once a day.

GOV.UK Notify makes no report of a `technical-failure`, and loses one that was answered with a 4xx.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from shared.local_time import london_day
from shared.mail.delivery import is_forgotten
from shared.mail.delivery_reports import DeliveryReport
from shared.mail.log_rows import MailState
from shared.mail.message import MailError, MailSender
from shared.tables.service_table import SERVICE_PARTITION, ServiceRows
from shared.tables.table import Table

logger = logging.getLogger(__name__)

UNREPORTED_AFTER = timedelta(days=1)
MOST_IN_A_RUN = 100
"""Questions in one run of the timer; the next run goes on."""

_ROW = "mail-reports"

type Unreported = Callable[[datetime], Iterable[UUID]]
"""Returns the operation ids of emails that were sent a day ago or more, and of which there is no report."""


@dataclass(frozen=True, slots=True)
class UnreportedInLog:
    """Those of an email log, as far back as the email service remembers them."""

    log: Table
    remembered_days: int | None

    def __call__(self, now: datetime) -> Iterable[UUID]:
        """Raises `StorageError`."""
        for row in self.log.query(State=str(MailState.SENT)):
            sent_at = row.moment("At")
            is_old = sent_at is not None and now - sent_at >= UNREPORTED_AFTER
            if sent_at is None or not is_old or not row.text("OperationId"):
                continue
            if not is_forgotten(london_day(sent_at), london_day(now), self.remembered_days):
                yield UUID(row.text("OperationId"))


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingReports:
    """Asks for the reports that are missing. `take` records one as if it had been posted."""

    table: Table
    sender: MailSender
    sources: Sequence[Unreported]
    take: Callable[[DeliveryReport, datetime], object]

    def run(self, rows: ServiceRows, now: datetime) -> None:
        """Asks about what has not been asked about on the day of `now` (UTC), in the order of the ids.

        Raises:
            StorageError: the rest is asked about in the next run.
        """
        today, row = london_day(now), rows.get(_ROW)
        is_begun = row is not None and row.text("Day") == today
        after = row.text("After") if row is not None and is_begun else ""
        if is_begun and not after:
            return
        left = sorted(each for source in self.sources for each in source(now) if str(each) > after)
        for operation_id in left[:MOST_IN_A_RUN]:
            if not self._ask(operation_id, now):
                break
            after = str(operation_id)
        is_done = not left or after == str(left[-1])
        # Nothing but a first id that could not be asked about leaves no id to go on after.
        self.table.put(
            {"PartitionKey": SERVICE_PARTITION, "RowKey": _ROW, "Day": today, "After": "" if is_done else after or "0"}
        )

    def _ask(self, operation_id: UUID, now: datetime) -> bool:
        """False if the email service did not answer."""
        try:
            status = self.sender.report(operation_id)
        except MailError as error:
            logger.warning("asking for delivery reports is put off: %s", error)
            return False
        if status is not None:
            self.take(DeliveryReport(operation_id, status), now)
        return True
