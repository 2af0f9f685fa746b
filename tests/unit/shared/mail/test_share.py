"""Every email counts against the quota, and a share of it is kept for referrals, whatever else is sent."""

import itertools
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest

from shared.mail.quota import SendingQuota
from shared.mail.share import OVER_QUOTA, MailShare, SentCounter
from shared.tables.table import Row, StorageUnavailableError
from tests.builders import MORNING
from tests.every_row import every_row
from tests.fakes import FAULTS, BrokenTable, FakeTable, Fault, InjectedFault, with_fault
from tests.unit.shared.mail.test_delivery import CONFIRMATION, MailHarness

AZURE = SendingQuota(per_minute=30, per_hour=100)
SECOND = timedelta(seconds=1)


class Shares:
    """Both shares of one quota, in any number of processes."""

    def __init__(self, quota: SendingQuota = AZURE) -> None:
        self.service, self.referral_service, self.quota = FakeTable(), FakeTable(), quota

    def counters(self, wrap: Callable[[FakeTable], object] = lambda table: table) -> tuple[SentCounter, SentCounter]:
        """Of bookings and of referrals; seconds jump, so that each look reads the row."""
        seconds = itertools.count(step=60).__next__
        return (
            SentCounter(wrap(self.service), "count", seconds),  # type: ignore[arg-type]  # a table in all it does
            SentCounter(wrap(self.referral_service), "count", seconds),  # type: ignore[arg-type]  # as above
        )

    def bookings(self) -> MailShare:
        others, referrals = self.counters()
        return MailShare(others, referrals, self.quota, self.quota.share(5))

    def referrals(self) -> MailShare:
        others, referrals = self.counters()
        return MailShare(referrals, others, self.quota)


@pytest.mark.parametrize(
    ("quota", "most", "reserved"),
    [
        (SendingQuota(30, 0), 24, 6),
        (SendingQuota(0, 100), 80, 20),
        (SendingQuota(2, 0), 1, 1),
        (SendingQuota(1, 0), 1, 0),
        (SendingQuota(0, 7), 6, 1),
    ],
)
def test_bookings_leave_a_fifth_for_referrals_which_may_use_all(quota: SendingQuota, most: int, reserved: int) -> None:
    shares = Shares(quota)

    assert [shares.bookings().take(MORNING) for _ in range(most + 3)] == [True] * most + [False] * 3
    assert [shares.referrals().take(MORNING) for _ in range(reserved + 3)] == [True] * reserved + [False] * 3

    alone = Shares(quota)
    assert sum(alone.referrals().take(MORNING) for _ in range(200)) == most + reserved
    assert not alone.bookings().take(MORNING), "referrals have used the whole of it"


def test_room_comes_back_as_the_hour_goes_on_and_not_sooner() -> None:
    shares = Shares(SendingQuota(0, 10))
    for step in range(10):
        assert shares.referrals().take(MORNING + step * 60 * SECOND)

    assert shares.referrals().is_used_up(MORNING + 3599 * SECOND)
    assert shares.referrals().left(MORNING + 3610 * SECOND) == 1
    assert shares.referrals().left(MORNING + 2 * 3600 * SECOND) == 10


@pytest.mark.parametrize("number", [40, pytest.param(400, marks=pytest.mark.nightly)])
def test_no_minute_and_no_hour_sees_more_than_the_quota(number: int) -> None:
    shares, sent = Shares(SendingQuota(3, 20)), []
    for step in range(number):
        now = MORNING + step * 17 * SECOND
        each = (shares.bookings(), shares.referrals(), shares.bookings())
        sent += [now for share in each if share.take(now)]

    assert max(sum(timedelta(0) <= now - at < timedelta(minutes=1) for at in sent) for now in sent) <= 3
    assert max(sum(timedelta(0) <= now - at < timedelta(hours=1) for at in sent) for now in sent) <= 20
    assert len(sent) >= min(20, number)


def test_no_limit_counts_and_never_refuses() -> None:
    shares = Shares(SendingQuota(0, 0))

    assert shares.referrals().left(MORNING) is None
    assert all(shares.bookings().take(MORNING) for _ in range(500))


def test_two_processes_that_count_at_once_lose_no_email() -> None:
    shares = Shares()
    first, second = shares.bookings(), shares.bookings()

    for _ in range(10):
        assert first.take(MORNING)
        assert second.take(MORNING)

    assert shares.bookings().left(MORNING) == 4


def test_both_sides_of_one_process_that_count_at_once_do_not_wait_for_each_other() -> None:
    class Slow(FakeTable):
        """Takes a moment, in which the other side takes its own counter."""

        def merge(self, cells: Mapping[str, Any], etag: str) -> str:
            time.sleep(0.001)
            return super().merge(cells, etag)

        def get(self, partition: str, key: str) -> Row | None:
            time.sleep(0.001)
            return super().get(partition, key)

    seconds = itertools.count(step=60).__next__
    others, referrals = SentCounter(Slow(), "count", seconds), SentCounter(Slow(), "count", seconds)
    quota = SendingQuota(0, 1000)
    shares = [MailShare(others, referrals, quota, quota.share(5)), MailShare(referrals, others, quota)] * 2
    started = [
        Thread(target=lambda share=share: [share.take(MORNING) for _ in range(20)], daemon=True) for share in shares
    ]
    for each in started:
        each.start()
    for each in started:
        each.join(20)

    assert not any(each.is_alive() for each in started)
    assert shares[1].left(MORNING) == 1000 - 80


@every_row("fault", [fault for fault in FAULTS if not fault.startswith("crash")])
@every_row("at", range(6))
def test_an_email_is_sent_though_it_cannot_be_counted(fault: Fault, at: int) -> None:
    shares, trouble = Shares(), InjectedFault(at, fault)
    others, referrals = shares.counters(with_fault(trouble))

    assert all(MailShare(referrals, others, AZURE).take(MORNING) for _ in range(4))
    assert (shares.referrals().left(MORNING) or 0) <= 30 - 3


def test_storage_that_is_down_leaves_no_email_unsent() -> None:
    class Down(BrokenTable):
        def __getattr__(self, name: str) -> object:
            def down(*_: object, **__: object) -> None:
                raise StorageUnavailableError("HTTP 503")

            return down

    shares = Shares()
    others, referrals = shares.counters(lambda table: Down(table, InjectedFault(0, "lost-request")))
    share = MailShare(referrals, others, AZURE)

    assert share.take(MORNING)
    assert share.left(MORNING) is None
    assert share.hourly(MORNING) == 100
    assert share.sent_within(timedelta(hours=1), MORNING) == 0


@pytest.mark.parametrize(
    "cell",
    ["", "x", "7", "[1]", '{"x": 1}', '{"2023-09-01T08:00:00Z": "many"}', '{"2063-09-01T08:00:00Z": 99}', "[" * 9999],
)
def test_count_that_someone_edited_or_a_wrong_clock_wrote_stops_nothing(cell: str) -> None:
    shares = Shares()
    shares.referral_service.put({"PartitionKey": "count", "RowKey": "mail-count", "Sent": cell})

    assert shares.referrals().left(MORNING) == 30
    assert shares.referrals().take(MORNING)


def test_cleared_count_holds_no_time_of_day() -> None:
    shares = Shares()
    shares.referrals().take(MORNING)

    counter = shares.referrals().own
    counter.prune(MORNING + timedelta(minutes=30), look=True)
    assert shares.referrals().left(MORNING + timedelta(minutes=30)) == 30
    assert shares.referrals().sent_within(timedelta(hours=1), MORNING + timedelta(minutes=30)) == 1

    counter.prune(MORNING + timedelta(minutes=61))
    [row] = shares.referral_service.rows.values()
    assert "T08:" not in str(dict(row.cells))


def test_pruning_costs_no_request_while_there_is_nothing_to_forget() -> None:
    shares = Shares()
    counter = shares.referrals().own
    before = shares.referral_service.calls

    for minutes in range(0, 120, 5):
        counter.prune(MORNING + timedelta(minutes=minutes))

    assert shares.referral_service.calls == before


def test_an_email_that_is_nudged_counts_and_one_too_many_waits() -> None:
    harness, shares = MailHarness(), Shares(SendingQuota(0, 2))
    harness.share = shares.bookings()
    assert harness.mailer().sending.is_paused(MORNING) is False

    harness.mailer().deliver("s1", CONFIRMATION, MORNING)

    assert len(harness.sender.sent) == 1
    assert shares.bookings().left(MORNING) == 0
    assert harness.mailer().sending.is_paused(MORNING), "the next one is not even claimed"
    assert shares.referrals().left(MORNING) == 1


def test_email_that_was_claimed_when_the_quota_ran_out_is_postponed_and_sent_later() -> None:
    harness, shares = MailHarness(), Shares(SendingQuota(0, 2))
    harness.share = shares.bookings()
    mailer = harness.mailer()
    assert not mailer.sending.is_paused(MORNING)
    shares.bookings().take(MORNING)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MailShare, "is_used_up", lambda *_: False)  # as another process saw it a moment ago
        mailer.deliver("s1", CONFIRMATION, MORNING)
    assert [row.text("LastError") for row in harness.log.rows.values()] == [OVER_QUOTA]
    assert harness.sender.sent == []

    harness.tick(MORNING + timedelta(minutes=65))
    assert len(harness.sender.sent) == 1


def test_counting_costs_one_request_for_each_email() -> None:
    harness, shares = MailHarness(), Shares()
    others, referrals = SentCounter(shares.service, "count"), SentCounter(shares.referral_service, "count")
    harness.share = MailShare(others, referrals, AZURE, AZURE.share(5))
    harness.share.take(MORNING)  # the row is there, and what it holds is remembered
    before = shares.service.calls + shares.referral_service.calls

    harness.mailer().deliver("s1", CONFIRMATION, MORNING)

    assert shares.service.calls + shares.referral_service.calls - before == 1
