"""Oldest first: one that came earlier is never overtaken, and none is refused or starved however many come."""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import product

import pytest

from shared.mail.pause import MailPause
from shared.mail.quota import SendingQuota
from shared.mail.share import MailShare, SentCounter
from shared.referrals.delivery.release.order import Room, by_age, giving_way, release
from shared.referrals.model import Referral
from shared.referrals.sealed_answers import Ages
from shared.tables.table import Row, StorageUnavailableError
from tests.builders import MORNING, referral, referral_request
from tests.fakes import FakeTable
from tests.unit.shared.referrals.referral_system import RECIPIENT, ReferralHarness

MINUTE, FIVE = timedelta(minutes=1), timedelta(minutes=5)
AZURE, NOTIFY = SendingQuota(30, 100), SendingQuota(3000, 0)


class Flood(ReferralHarness):
    """Referrals at a quota, and storage's clock as that of the service: it moves with `at`."""

    def __init__(self, delivery: str = "link", quota: SendingQuota = AZURE, most_an_hour: int = 0) -> None:
        super().__init__(delivery)
        self.at, self.most_an_hour = MORNING, most_an_hour
        self.sealed = FakeTable(self.clock)
        self.bookings_counter = SentCounter(self.bookings_service, "count")
        self.quota = quota
        self.share = MailShare(SentCounter(self.own, "count"), self.bookings_counter, quota)
        self.arrived: dict[str, datetime] = {}
        self.sent_at: dict[str, datetime] = {}
        self.noted = 0  # emails that were looked at

    @property
    def at(self) -> datetime:
        return self.clock.moment

    @at.setter
    def at(self, moment: datetime) -> None:
        self.clock.moment = moment

    def come(self, *, slow: bool = False) -> str:
        """One comes and is nudged at once."""
        reference = self.service().accept(referral_request(), self.at, slow=slow)
        self.arrived[reference] = self.at
        self.forwarder().nudge(reference, self.at)
        self._note()
        return reference

    def run_timer(self) -> None:
        self.tick(self.at)
        self._note()

    def bookings_send(self, number: int) -> None:
        share = MailShare(self.bookings_counter, SentCounter(self.own, "count"), self.quota, self.quota.share(5))
        for _ in range(number):
            share.take(self.at)

    def waits(self, references: list[str]) -> list[float]:
        """Minutes until each was sent; those that were not have waited until now."""
        return [(self.sent_at.get(each, self.at) - self.arrived[each]) / MINUTE for each in references]

    def _note(self) -> None:
        mails = self.mails_to(RECIPIENT)
        text, self.noted = "".join(mail.text for mail in mails[self.noted :]), len(mails)
        for reference in self.arrived.keys() - self.sent_at.keys():
            if reference in text:
                self.sent_at[reference] = self.at


def attack(flood: Flood, hours: float, *, slow: bool = False, twice: bool = False) -> list[str]:
    """180 invented in an hour and a genuine one every ten minutes; returns the references of the genuine ones.

    With `twice` every run of the timer is followed by another, as when the host starts it again.
    """
    genuine = list[str]()
    for second in range(0, int(hours * 3600), 20):
        flood.at = MORNING + timedelta(seconds=second)
        flood.come(slow=slow)
        if second % 600 == 300:
            genuine.append(flood.come())
        if second % 300 == 280:
            flood.run_timer()
        if twice and second % 300 == 0:
            flood.run_timer()
    return genuine


def test_due_referrals_go_by_age_and_not_by_their_reference() -> None:
    flood = Flood("inline", SendingQuota(0, 10))
    flood.bookings_send(10)
    references = []
    for minute in range(8):
        flood.at = MORNING + minute * MINUTE
        references.append(flood.service().accept(referral_request(), flood.at))
    assert references != sorted(references)

    flood.at = MORNING + timedelta(hours=2)
    assert list(flood.work(flood.at).references) == references


def test_age_is_the_moment_of_sealing_whatever_is_written_into_the_status_later() -> None:
    flood = Flood("inline", NOTIFY)
    first = flood.service().accept(referral_request(), flood.at)
    flood.at += MINUTE
    second = flood.service().accept(referral_request(), flood.at)
    row = flood.status.rows["referrals", first]
    flood.repository().change(first, row.etag, LastError="HTTP 503", WaitingSince="2023-09-01T08:03:00Z")

    assert flood.work(flood.at).references == (first, second)


def test_one_that_comes_while_others_wait_takes_its_turn() -> None:
    flood = Flood("inline", SendingQuota(0, 4))
    early = [flood.come() for _ in range(7)]
    flood.run_timer()
    flood.at += timedelta(minutes=9)

    late = flood.come()

    assert late not in flood.sent_at
    for _ in range(60):
        flood.at += FIVE
        flood.run_timer()
    order = [mail.subject.removeprefix("New self-referral ") for mail in flood.mails_to(RECIPIENT)]
    assert order[-1] == late
    assert sorted(order) == sorted([*early, late])


def test_flag_of_a_backlog_ends_by_itself() -> None:
    flood = Flood("inline", SendingQuota(0, 4))
    for _ in range(7):
        flood.come()
    flood.run_timer()
    flood.at += timedelta(hours=2)
    flood.run_timer()
    flood.at += timedelta(minutes=12)

    assert flood.come() in flood.sent_at


def test_nothing_waits_for_flags_that_cannot_be_read() -> None:
    flood = Flood("inline")

    class Down(FakeTable):
        def get(self, partition: str, key: str) -> Row | None:
            if partition == "release":
                raise StorageUnavailableError("HTTP 503")
            return super().get(partition, key)

    flood.own = Down()

    assert flood.come() in flood.sent_at


def test_single_emails_leave_half_of_the_hour_to_batches() -> None:
    flood = Flood("link")
    references = [flood.come() for _ in range(70)]
    flood.at += timedelta(minutes=2)

    assert len(flood.sent_at) <= 50
    flood.run_timer()
    assert set(flood.sent_at) == set(references)
    assert flood.share is not None
    assert (flood.share.left(flood.at) or 0) >= 20


@pytest.mark.parametrize(
    ("quota", "bookings", "twice", "hours"),
    [
        pytest.param(AZURE, 80, True, 1, id="Azure, with bookings at their limit, the timer runs twice"),
        pytest.param(AZURE, 0, False, 1, id="Azure"),
        pytest.param(NOTIFY, 80, False, 1, id="Notify, with bookings at their limit"),
        *(pytest.param(*each, marks=pytest.mark.nightly) for each in product((AZURE, NOTIFY), (0, 80), (0, 1), (1, 4))),
    ],
)
def test_with_link_every_genuine_one_goes_within_fifteen_minutes(
    quota: SendingQuota, bookings: int, twice: int, hours: int
) -> None:
    flood = Flood("link", quota)
    for minute in range(bookings):  # all through the hour before, so that they stay at their limit
        flood.at = MORNING - timedelta(minutes=bookings - minute) / 2
        flood.bookings_send(1)

    genuine = attack(flood, hours, twice=bool(twice))
    flood.at += FIVE
    for _ in range(3):
        flood.run_timer()
        flood.at += FIVE

    assert len(genuine) == 6 * hours
    assert max(flood.waits(genuine)) <= 15
    assert max(flood.waits(list(flood.arrived))) <= 20
    assert len(flood.sent_at) == len(flood.arrived)


def test_inline_reaches_what_the_quota_allows_and_those_with_a_browsers_marks_first() -> None:
    alike, told_apart = Flood("inline"), Flood("inline", most_an_hour=20)

    attack(alike, 1)
    genuine = attack(told_apart, 1, slow=True)

    assert 95 <= len(alike.sent_at) <= 100
    assert max(told_apart.waits(genuine)) <= 10


def test_more_than_so_many_in_an_hour_raise_one_alarm_and_none_is_refused(caplog: pytest.LogCaptureFixture) -> None:
    flood = Flood("inline", NOTIFY, most_an_hour=20)

    attack(flood, 1, slow=True)

    alarms = [each.getMessage() for each in caplog.records if each.levelno == logging.ERROR]
    assert alarms == ["more than 20 referrals came within an hour: none is refused"]
    for _ in range(3):
        flood.at += FIVE
        flood.run_timer()
    assert len(flood.sent_at) == len(flood.arrived) == 186


@pytest.mark.parametrize("number", [20, 21])
def test_alarm_goes_by_the_last_hour(number: int, caplog: pytest.LogCaptureFixture) -> None:
    flood = Flood("inline", NOTIFY, most_an_hour=20)
    for step in range(40):  # in four hours
        flood.at = MORNING + step * timedelta(minutes=6)
        flood.come()
    flood.at += timedelta(minutes=61)
    for _ in range(number):
        flood.come()

    flood.run_timer()

    assert ("came within an hour" in caplog.text) == (number > 20)


def test_one_with_marks_is_sent_at_once_during_a_surge_and_one_without_waits_for_the_timer() -> None:
    flood = Flood("inline", NOTIFY, most_an_hour=3)
    for _ in range(5):
        flood.come(slow=True)
    flood.run_timer()

    genuine, invented = flood.come(), flood.come(slow=True)

    assert genuine in flood.sent_at
    assert invented not in flood.sent_at
    flood.run_timer()
    assert invented in flood.sent_at


def test_pause_that_bookings_caused_holds_up_no_referral_and_counts_what_bookings_sent() -> None:
    flood = Flood("inline", SendingQuota(0, 5))
    MailPause(flood.bookings_service).begin(MORNING + timedelta(hours=1))
    flood.bookings_send(4)

    for _ in range(3):
        flood.come()

    assert len(flood.sender.sent) == 1, "as fast as the service allows"


def test_pause_that_a_referral_met_holds_up_all() -> None:
    flood = Flood("inline")
    flood.sender.trouble = {0: "throttled"}

    flood.come()
    flood.come()

    assert flood.sender.requests == 1
    assert MailPause(flood.bookings_service).is_on(MORNING)
    assert not flood.work(MORNING + 4 * MINUTE).references
    flood.at = MORNING + FIVE
    flood.run_timer()
    assert len(flood.sender.sent) == 2


def test_rows_that_say_when_emails_went_are_emptied_once_a_day() -> None:
    flood = Flood("inline", SendingQuota(0, 4))
    for _ in range(6):
        flood.come()
    flood.run_timer()

    flood.at = MORNING + timedelta(days=1)
    flood.reconciler().release.forget(flood.at)

    assert not [row for row in flood.own.rows.values() if row.partition in {"count", "release"} and "T08:" in str(row)]


def numbered(number: int, **changes: object) -> Referral:
    return referral(reference=f"R{number:07}", **changes)


def places() -> Iterator[Referral]:
    yield from (numbered(number) for number in range(8))
    yield from (numbered(number, slow=True) for number in range(8, 12))


def test_every_fifth_place_is_for_those_that_give_way() -> None:
    found = giving_way(list(places()))

    assert [each.slow for each in found] == [False] * 4 + [True] + [False] * 4 + [True, True, True]


def test_answers_that_are_missing_come_last() -> None:
    ages = Ages({"R0000001": MORNING, "R0000002": MORNING - MINUTE})

    assert [each.reference[-1] for each in by_age([numbered(3), numbered(1), numbered(2)], ages)] == ["2", "1", "3"]


@pytest.mark.parametrize(
    ("room", "single"),
    [
        (Room(), True),
        (Room(left=30, hourly=100), True),  # what a minute allows is less than half of the hour
        (Room(left=30, hourly=100, used=45), True),
        (Room(left=30, hourly=100, used=46), False),
        (Room(left=4, hourly=100), False),
        (Room(left=2999), True),
    ],
)
def test_few_go_by_themselves_unless_half_of_the_hour_is_used(room: Room, *, single: bool) -> None:
    found = release([numbered(number) for number in range(5)], room, in_batches=True, surge=False)

    assert (len(found.single), len(found.batches)) == ((5, 0) if single else (0, 1))


@pytest.mark.parametrize("left", [0, 1, 3])
def test_no_more_emails_go_than_the_quota_leaves(left: int) -> None:
    due = [numbered(number) for number in range(70)]

    single = release(due[:20], Room(left, 100), in_batches=False, surge=False)
    many = release(due, Room(left, 100), in_batches=True, surge=False)

    assert len(single.single) == left
    assert len(many.batches) + len(many.single) == left
    assert len(single.waiting) == 20 - left
    assert len(many.waiting) == 70 - 20 * left
