"""Emails without a report after a day are asked about, each once a day, and only as long as the service remembers."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from shared.mail.delivery_reports import DeliveryReport
from shared.mail.log_rows import MailState
from shared.mail.missing_reports import MOST_IN_A_RUN, MissingReports, UnreportedInLog
from shared.referrals.delivery.forwarder import operation_id
from shared.tables.service_table import read_service_rows
from shared.tables.table import moment_text
from tests.builders import MORNING
from tests.fakes import FakeMailSender, FakeTable
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

    def run(self, now: datetime = NOON) -> None:
        MissingReports(
            table=self.service,
            sender=self.sender,
            sources=(lambda _: self.waiting,),
            take=lambda report, _: self.taken.append(report),
        ).run(read_service_rows(self.service), now)


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


@pytest.mark.parametrize("trouble", ["set-up", "throttled", "lost-request", "refused"])
@pytest.mark.parametrize("at", [0, 1])
def test_a_service_that_does_not_answer_is_asked_again_in_the_next_run(
    trouble: str, at: int, caplog: pytest.LogCaptureFixture
) -> None:
    asking = Asking(ids(3))
    asking.sender.trouble = {at: trouble}

    asking.run()
    assert len(asking.sender.asked) == at
    assert "put off" in caplog.text
    asking.run(NOON + timedelta(minutes=5))

    assert sorted(asking.sender.asked) == sorted(asking.waiting)


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
