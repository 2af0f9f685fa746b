"""Emails without a report after a day are asked about, each once a day, and only as long as the service remembers."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import repeat
from uuid import UUID

import pytest

from shared.mail.delivery_reports import DeliveryReport
from shared.mail.log_rows import MailState
from shared.mail.missing_reports import LONGEST_RUN, MOST_IN_A_RUN, MissingReports, Unreported, UnreportedInLog
from shared.referrals.delivery.forwarder import operation_id
from shared.referrals.errors import ReferralsBusyError
from shared.tables.service_table import read_service_rows
from shared.tables.table import moment_text
from tests.builders import MORNING
from tests.fakes import Crash, FakeMailSender, FakeTable
from tests.unit.shared.referrals.referral_system import ReferralHarness

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOON = MORNING + 3 * HOUR


@dataclass
class Asking:
    """The service's notes, the email service, and the reports that it gave."""

    waiting: list[UUID] = field(default_factory=list)
    sender: FakeMailSender = field(default_factory=lambda: FakeMailSender(remembers=3))
    service: FakeTable = field(default_factory=FakeTable)
    taken: list[DeliveryReport] = field(default_factory=list)
    source: Unreported | None = None
    unrecordable: UUID | None = None
    seconds: Iterator[float] = field(default_factory=lambda: repeat(0.0))

    def run(self, now: datetime = NOON) -> None:
        MissingReports(
            table=self.service,
            sender=self.sender,
            sources=(self.source or (lambda _: self.waiting),),
            take=self.take,
            monotonic=lambda: next(self.seconds),
        ).run(read_service_rows(self.service), now)

    def take(self, report: DeliveryReport, now: datetime) -> None:
        del now
        if report.operation_id == self.unrecordable:
            raise ReferralsBusyError
        self.taken.append(report)


def ids(number: int) -> list[UUID]:
    return [UUID(int=each << 96 | each) for each in range(number, 0, -1)]


def test_each_is_asked_about_once_a_day_and_what_is_final_is_recorded() -> None:
    asking = Asking(ids(3))
    bounced, under_way, failed = asking.waiting
    asking.sender.reports = {bounced: "bounced", failed: "failed"}

    for minutes in (0, 5, 10):
        asking.run(NOON + timedelta(minutes=minutes))
    assert sorted(asking.sender.asked) == sorted(asking.waiting)
    assert {(each.operation_id, each.status) for each in asking.taken} == {(bounced, "bounced"), (failed, "failed")}

    asking.waiting = [under_way]
    asking.run(NOON + DAY)
    assert asking.sender.asked[3:] == [under_way]


def test_more_than_fit_into_a_run_are_asked_about_in_the_next_ones() -> None:
    asking = Asking(ids(2 * MOST_IN_A_RUN + 1))

    counts = []
    for minutes in (0, 5, 10, 15):
        asking.run(NOON + timedelta(minutes=minutes))
        counts.append(len(asking.sender.asked))

    assert counts == [MOST_IN_A_RUN, 2 * MOST_IN_A_RUN, 2 * MOST_IN_A_RUN + 1, 2 * MOST_IN_A_RUN + 1]
    assert len(set(asking.sender.asked)) == 2 * MOST_IN_A_RUN + 1


@pytest.mark.parametrize("trouble", ["set-up", "throttled", "lost-request", "lost-answer"])
@pytest.mark.parametrize("at", [0, 1])
def test_a_service_that_does_not_answer_is_asked_again_in_the_next_run(
    trouble: str, at: int, caplog: pytest.LogCaptureFixture
) -> None:
    asking = Asking(ids(3))
    asking.sender.trouble = {at: trouble, at + 1: trouble}

    asking.run()
    assert len(asking.sender.asked) == at
    assert "put off" in caplog.text
    asking.sender.trouble = {}
    asking.run(NOON + timedelta(minutes=5))

    assert sorted(asking.sender.asked) == sorted(asking.waiting)


@pytest.mark.parametrize("trouble", ["lost-request", "lost-answer"])
@pytest.mark.parametrize("at", [0, 1, 2])
def test_one_question_that_is_never_answered_holds_up_no_other_and_is_asked_once_a_day(trouble: str, at: int) -> None:
    asking = Asking(sorted(ids(3)))
    asking.sender.trouble = {at: trouble}

    asking.run()
    asking.run(NOON + timedelta(minutes=5))

    assert asking.sender.asked == [each for number, each in enumerate(asking.waiting) if number != at]
    assert asking.sender.requests == 3
    asking.run(NOON + DAY)
    assert set(asking.sender.asked) == set(asking.waiting)


def test_a_question_that_is_refused_and_a_report_that_cannot_be_recorded_hold_up_no_other(
    caplog: pytest.LogCaptureFixture,
) -> None:
    asking = Asking(sorted(ids(4)))
    refused, unrecordable, *others = asking.waiting
    asking.sender.trouble, asking.unrecordable = {0: "refused"}, unrecordable
    asking.sender.reports = dict.fromkeys(asking.waiting, "delivered")

    asking.run()
    assert [each.operation_id for each in asking.taken] == others
    assert "a delivery report that was asked for failed: ReferralsBusyError" in caplog.text
    asking.run(NOON + timedelta(minutes=5))
    assert asking.sender.asked == [unrecordable, *others], "a day's questions are over"

    asking.unrecordable = None
    asking.run(NOON + DAY)
    assert {each.operation_id for each in asking.taken} == set(asking.waiting)
    assert refused in asking.sender.asked


def test_an_email_that_is_still_under_way_is_asked_about_each_day_that_the_service_remembers() -> None:
    """The timer runs around the clock, so that the day's first run is at midnight."""
    log = FakeTable()
    cells = {"State": str(MailState.SENT), "At": moment_text(MORNING), "OperationId": str(UUID(int=7))}
    log.insert({"PartitionKey": "s1", "RowKey": "due"} | cells)
    asking = Asking(source=UnreportedInLog(log, 3))

    asked = []
    for hours in range(1, 24 * 6):
        before = len(asking.sender.asked)
        asking.run(MORNING + hours * HOUR)
        asked += [hours * HOUR] * (len(asking.sender.asked) - before)

    assert len(asked) == 2
    assert DAY <= asked[0] < 2 * DAY <= asked[1] < 3 * DAY


def test_an_id_that_someone_typed_over_is_left_out() -> None:
    log = FakeTable()
    for number, typed in enumerate(("soon", str(UUID(int=1)), "")):
        cells = {"State": str(MailState.SENT), "At": moment_text(NOON - DAY), "OperationId": typed}
        log.insert({"PartitionKey": "s1", "RowKey": str(number)} | cells)

    assert list(UnreportedInLog(log, 3)(NOON)) == [UUID(int=1)]


def test_a_run_asks_for_a_limited_time_and_the_next_one_goes_on_behind_it() -> None:
    asking = Asking(sorted(ids(5)))
    asking.seconds = iter([0.0, 0.0, LONGEST_RUN - 1, LONGEST_RUN])

    asking.run()
    assert asking.sender.asked == asking.waiting[:2]
    asking.seconds = repeat(0.0)
    asking.run(NOON + timedelta(minutes=5))
    assert asking.sender.asked == asking.waiting


def test_a_process_that_stops_among_the_questions_repeats_few_of_them() -> None:
    asking = Asking(sorted(ids(30)))
    asking.sender.trouble = {25: "crash-before"}

    with pytest.raises(Crash):
        asking.run()
    asking.run(NOON + timedelta(minutes=5))

    assert set(asking.sender.asked) == set(asking.waiting)
    assert len(asking.sender.asked) == 25 + 10, "the last five of the first run, and the ten that it did not ask about"


def test_of_an_email_log_those_count_that_were_sent_a_day_ago_and_are_remembered() -> None:
    log = FakeTable()
    ages = {"new": 23 * HOUR, "due": DAY, "two": 2 * DAY, "last": 2 * DAY + 11 * HOUR, "forgotten": 3 * DAY}
    for number, (name, age) in enumerate(ages.items()):
        cells = {"State": str(MailState.SENT), "At": moment_text(NOON - age), "OperationId": str(UUID(int=number))}
        log.insert({"PartitionKey": "s1", "RowKey": name} | cells)
    for state in set(MailState) - {MailState.SENT}:
        cells = {"State": str(state), "At": moment_text(NOON - DAY), "OperationId": str(UUID(int=99))}
        log.insert({"PartitionKey": "s1", "RowKey": str(state)} | cells)
    log.insert({"PartitionKey": "other", "RowKey": "note", "State": "sent"})

    assert sorted(UnreportedInLog(log, 3)(NOON)) == [UUID(int=number) for number in (1, 2, 3)]


def test_of_referrals_those_count_that_were_sent_on_an_earlier_day_by_themselves() -> None:
    harness = ReferralHarness("link")
    harness.forwarded()
    sent = harness.referral()

    def found(now: datetime) -> Iterable[UUID]:
        return list(harness.delivery_reports().unreported(3, now))

    assert found(MORNING + 12 * HOUR) == []
    assert found(MORNING + DAY) == found(MORNING + 2 * DAY) == [operation_id(sent)]
    assert found(MORNING + 3 * DAY) == []
    harness.type(Batch="batch-1")
    assert found(MORNING + DAY) == []
    harness.type(Batch="", State="delivered")
    assert found(MORNING + DAY) == []
