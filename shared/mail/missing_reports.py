"""Emails without a delivery report after a day: the email service is asked about each, once a day.

GOV.UK Notify makes no report of a `technical-failure`, and loses one that was answered with a 4xx.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from shared.failure_isolation import run_isolated
from shared.local_time import local_day
from shared.mail.delivery_reports import DeliveryReport
from shared.mail.log_rows import MailState
from shared.mail.message import MailError, MailNotAcceptedError, MailRefusedError, MailSender
from shared.tables.service_table import SERVICE_PARTITION, ServiceRows
from shared.tables.table import Row, Table

logger = logging.getLogger(__name__)

UNREPORTED_AFTER = timedelta(days=1)
MOST_IN_A_RUN = 100
"""Questions in one run of the timer; the next run goes on."""

LONGEST_RUN = 20.0
"""Seconds in which questions are begun: the emails and referrals that are due go to their queues after them."""

_ROW = "mail-reports"
_SAVED_AFTER = 10  # questions, which are asked again if the process stops among them

type Unreported = Callable[[datetime], Iterable[UUID]]
"""Returns the operation ids of emails that were sent a day ago or more, and of which there is no report."""


@dataclass(frozen=True, slots=True)
class UnreportedInLog:
    """Those of an email log, as far back as the email service remembers them.

    Its days are counted from the moment of sending, not by the calendar: so whatever the time of day, each email of an
    email service that remembers three of them is asked about on two days.
    """

    log: Table
    remembered_days: int | None

    def __call__(self, now: datetime) -> Iterator[UUID]:
        """Leaves out an id that cannot be one, because someone typed over it. Raises `StorageError`."""
        for row in self.log.query(State=str(MailState.SENT)):
            operation_id = _operation_id(row)
            if operation_id is not None and self._is_to_be_asked(row.moment("At"), now):
                yield operation_id

    def _is_to_be_asked(self, sent_at: datetime | None, now: datetime) -> bool:
        if sent_at is None or now - sent_at < UNREPORTED_AFTER:
            return False
        return self.remembered_days is None or now - sent_at < timedelta(days=self.remembered_days)


def _operation_id(row: Row) -> UUID | None:
    try:
        return UUID(row.text("OperationId"))
    except ValueError:
        return None


def _concerns_all(error: MailError) -> bool:
    """True if the email service is to be left alone, or its set-up is wrong."""
    return isinstance(error, MailNotAcceptedError) and error.pauses_all


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingReports:
    """Asks for the reports that are missing. `take` records one as if it had been posted.

    `monotonic` returns seconds that only ever rise.
    """

    table: Table
    sender: MailSender
    sources: Sequence[Unreported]
    take: Callable[[DeliveryReport, datetime], object]
    monotonic: Callable[[], float] = time.monotonic

    def run(self, rows: ServiceRows, now: datetime) -> None:
        """Asks about what has not been asked about on London's day at `now` (UTC), in the order of the ids.

        An email whose question is refused, or whose report cannot be recorded, is left to the next day.

        Raises:
            StorageError: the rest is asked about in the next run.
        """
        today, row = local_day(now), rows.get(_ROW)
        is_begun = row is not None and row.text("Day") == today
        after = row.text("After") if row is not None and is_begun else ""
        if is_begun and not after:
            return
        left = sorted({each for source in self.sources for each in source(now) if str(each) > after})
        for number, operation_id in enumerate(self._asked(left[:MOST_IN_A_RUN], now), 1):
            after = str(operation_id)
            if number % _SAVED_AFTER == 0:
                self._save(today, after)
        if not left or after == str(left[-1]):
            self._save(today, "")
        elif after:
            self._save(today, after)

    def _asked(self, left: Sequence[UUID], now: datetime) -> Iterator[UUID]:
        """Asks about each, and stops when the email service does not answer or the time of a run is over.

        One that gets no answer while others do is left to the next day, so that it does not hold them up.
        """
        began, unanswered, answers = self.monotonic(), None, False
        for operation_id in left:
            if self.monotonic() - began >= LONGEST_RUN:
                break
            error = self._ask(operation_id, now)
            if error is None:
                unanswered, answers = None, True
                yield operation_id
            elif unanswered is not None or _concerns_all(error):
                return
            else:
                unanswered = operation_id
        if unanswered is not None and answers:
            yield unanswered

    def _ask(self, operation_id: UUID, now: datetime) -> MailError | None:
        """Asks about one email, and records the answer; returns the error if there was no answer."""
        try:
            status = self.sender.report(operation_id)
        except MailRefusedError as error:  # it is about this one alone
            logger.warning("the question for a delivery report was refused: %s", error)
            return None
        except MailError as error:
            logger.warning("asking for delivery reports is put off: %s", error)
            return error
        if status is not None:
            report = DeliveryReport(operation_id, status)
            run_isolated(logger, "a delivery report that was asked for", partial(self.take, report, now))
        return None

    def _save(self, today: str, after: str) -> None:
        """Notes how far the day's questions have come; "" is the end."""
        self.table.put({"PartitionKey": SERVICE_PARTITION, "RowKey": _ROW, "Day": today, "After": after})
