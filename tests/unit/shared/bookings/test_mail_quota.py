"""Mails are released as fast as the mail service allows, and in the order of what matters most."""

from collections import Counter
from datetime import timedelta
from typing import Any

from shared.mail.quota import Budget
from tests.builders import MORNING, london
from tests.unit.shared.bookings.booking_system import House


def crowd(size: int, **cells: Any) -> House:
    house = House(**{"Capacity": size} | cells)
    for number in range(size):
        house.book(f"p{number:03}".translate(str.maketrans("0123456789", "abcdefghij")))
    house.tick()
    return house


def test_what_may_go_is_the_least_of_what_a_minute_and_an_hour_allow() -> None:
    budget = Budget(per_minute=3, per_hour=5)
    ago = [MORNING - timedelta(seconds=seconds) for seconds in (10, 70, 80, 3700)]

    assert budget.left([], MORNING) == 3
    assert budget.left(ago[:1], MORNING) == 2
    assert budget.left(ago, MORNING) == 2
    assert budget.left([MORNING] * 9, MORNING) == 0
    assert Budget(0, 0).left(ago, MORNING) is None


def test_no_hour_sees_more_mails_than_are_allowed_and_none_is_left_out() -> None:
    house = crowd(30)
    house.budget = Budget(per_minute=30, per_hour=12)
    before = len(house.sender.sent)
    house.at(london("2023-09-04 09:00"))
    house.edit_session(Time="16:00")
    counts = []
    for _ in range(60):
        house.pass_time(minutes=5)
        already = len(house.sender.sent)
        house.tick()
        counts.append(len(house.sender.sent) - already)

    assert sum(counts) == len(house.sender.sent) - before == 30
    assert max(sum(counts[start : start + 12]) for start in range(48)) <= 12


def test_reminders_come_before_news_and_confirmations_before_reminders() -> None:
    house = crowd(3)
    house.budget = Budget(per_minute=1, per_hour=0)
    house.at(london("2023-09-07 14:55"))
    house.edit_session(Theme="Rest")
    house.tick()
    house.at(london("2023-09-07 15:10"))
    found = house.schedule().run({}, house.now).looked
    house.budget = Budget(0, 0)
    kinds = [mail.mail_id.split("-")[3] for mail in house.schedule().released(found, house.now)]

    assert kinds == ["reminder"] * 3 + ["updated"] * 3


def test_a_reminder_that_can_no_longer_be_in_time_is_skipped_for_all_to_see() -> None:
    house = crowd(1)
    house.at(london("2023-09-08 15:05"))
    house.tick()
    house.tick()

    states = Counter(row.text("State") for row in house.log.query())
    assert states == {"sent": 1, "skipped": 2}
    assert "reminder skipped" in house.rows()[0].text("Mail")


def test_referrals_come_out_of_what_is_allowed_before_anything_else() -> None:
    house = crowd(3)
    house.at(london("2023-09-07 15:00"))
    found = house.schedule().run({}, house.now).looked
    house.budget = Budget(per_minute=2, per_hour=0)

    assert [len(house.schedule().released(found, house.now, ahead=ahead)) for ahead in range(4)] == [2, 1, 0, 0]
