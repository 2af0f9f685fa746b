"""Mails are released as fast as the mail service allows, and in the order of what matters most."""

from collections import Counter
from datetime import timedelta
from typing import Any

from shared.mail.quota import SendingQuota
from tests.builders import MORNING, london
from tests.unit.shared.bookings.booking_system import BookingHarness


def crowd(size: int, **cells: Any) -> BookingHarness:
    harness = BookingHarness(**{"Capacity": size} | cells)
    for number in range(size):
        harness.book(f"p{number:03}".translate(str.maketrans("0123456789", "abcdefghij")))
    harness.tick()
    return harness


def test_what_may_go_is_the_least_of_what_a_minute_and_an_hour_allow() -> None:
    quota = SendingQuota(per_minute=3, per_hour=5)
    ago = [MORNING - timedelta(seconds=seconds) for seconds in (10, 70, 80, 3700)]

    assert quota.left([], MORNING) == 3
    assert quota.left(ago[:1], MORNING) == 2
    assert quota.left(ago, MORNING) == 2
    assert quota.left([MORNING] * 9, MORNING) == 0
    assert SendingQuota(0, 0).left(ago, MORNING) is None


def test_no_hour_sees_more_mails_than_are_allowed_and_none_is_left_out() -> None:
    harness = crowd(30)
    harness.quota = SendingQuota(per_minute=30, per_hour=12)
    before = len(harness.sender.sent)
    harness.at(london("2023-09-04 09:00"))
    harness.edit_session(Time="16:00")
    counts = []
    for _ in range(60):
        harness.pass_time(minutes=5)
        already = len(harness.sender.sent)
        harness.tick()
        counts.append(len(harness.sender.sent) - already)

    assert sum(counts) == len(harness.sender.sent) - before == 30
    assert max(sum(counts[start : start + 12]) for start in range(48)) <= 12


def test_reminders_come_before_news_and_confirmations_before_reminders() -> None:
    harness = crowd(3)
    harness.quota = SendingQuota(per_minute=1, per_hour=0)
    harness.at(london("2023-09-07 14:55"))
    harness.edit_session(Theme="Rest")
    harness.tick()
    harness.at(london("2023-09-07 15:10"))
    found = harness.schedule().run({}, harness.now).reconciled
    harness.quota = SendingQuota(0, 0)
    kinds = [mail.mail_id.split("-")[3] for mail in harness.schedule().mails_within_quota(found, harness.now)]

    assert kinds == ["reminder"] * 3 + ["updated"] * 3


def test_change_shortly_before_a_start_comes_before_reminders() -> None:
    harness = crowd(3)
    harness.add_session(RowKey="s2", Time="15:30")
    harness.book("zoe", "s2")
    harness.at(london("2023-09-08 13:56"))
    harness.tick()
    harness.edit_session("s2", Time="17:00")
    harness.at(london("2023-09-08 14:00"))
    found = harness.schedule().run({}, harness.now).reconciled
    kinds = [mail.mail_id.split("-")[3] for mail in harness.schedule().mails_within_quota(found, harness.now)]

    assert kinds == ["updated"] + ["reminder"] * 3


def test_a_reminder_that_can_no_longer_be_in_time_is_skipped_for_all_to_see() -> None:
    harness = crowd(1)
    harness.at(london("2023-09-08 15:05"))
    harness.tick()
    harness.tick()

    states = Counter(row.text("State") for row in harness.log.query())
    assert states == {"sent": 1, "skipped": 2}
    assert "reminder skipped" in harness.rows()[0].text("Mail")


def test_referrals_come_out_of_what_is_allowed_before_anything_else() -> None:
    harness = crowd(3)
    harness.at(london("2023-09-07 15:00"))
    found = harness.schedule().run({}, harness.now).reconciled
    harness.quota = SendingQuota(per_minute=2, per_hour=0)

    assert [len(harness.schedule().mails_within_quota(found, harness.now, ahead=ahead)) for ahead in range(4)] == [
        2,
        1,
        0,
        0,
    ]
