"""The list of what waits: which referrals are on it, and in which order."""

from typing import Any

import pytest

from shared.referrals.collection.waiting import SHOWN, in_order, is_waiting
from shared.referrals.model import SEALED, Referral, ReferralState
from tests import builders
from tests.every_row import every_row


def sent(reference: str, day: str = "2023-09-01", **facts: Any) -> Referral:
    known = {"state": ReferralState.SENT, "delivery": "link", "sent_on": day} | facts
    return builders.referral(reference=reference, received_on=day, **known)


def order(referrals: list[Referral], most_a_day: int = 2) -> list[str]:
    return [each.reference for each in in_order(referrals, most_a_day)]


@every_row(
    "facts, waits",
    [
        ({}, True),
        ({"state": ReferralState.DELIVERED}, True),
        ({"opened_on": "2023-09-02"}, True),
        ({"delivery": "sealed"}, True),  # a word that stood for a link before
        ({"delivery": SEALED}, False),  # no passphrase opens it
        ({"delivery": "inline"}, False),
        ({"delivery": ""}, False),
        ({"state": ReferralState.RECEIVED}, False),
        ({"state": ReferralState.SENDING}, False),
        ({"state": ReferralState.ACKNOWLEDGED}, False),
        ({"state": ReferralState.ERASED}, False),
        *(
            ({"state": ReferralState.ATTENTION, "last_error": each}, True)
            for each in ("not-acknowledged", "kept-again", "bounced", "not-sent-HTTP 500", "state-typed", "not-opened")
        ),
        *(
            ({"state": ReferralState.ATTENTION, "last_error": each}, False)
            for each in ("unseal-mac", "unseal-mac key", "unseal-day", "unseal-missing", "not-erased")
        ),
    ],
)
def test_what_went_out_as_a_link_waits_until_it_is_finished_or_damaged(facts: dict[str, Any], waits: bool) -> None:
    assert is_waiting(sent("34679CDF", **facts)) is waits


def test_the_oldest_day_comes_first_and_one_order_stands_within_a_day() -> None:
    referrals = [sent("B", "2023-09-03"), sent("D", "2023-09-01"), sent("C", "2023-09-01"), sent("A", "2023-09-02")]

    assert order(referrals) == order(referrals[::-1]) == ["C", "D", "A", "B"]


def test_those_without_a_browsers_marks_and_those_of_a_crowded_day_come_last_in_that_order() -> None:
    crowd = [sent(f"crowd-{number}", "2023-08-01") for number in range(3)]
    slow_crowd = [sent("crowd-slow", "2023-08-01", slow=True)]
    slow = [sent("slow-1", "2023-08-15", slow=True), sent("slow-2", "2023-08-02", slow=True)]
    plain = [sent("plain-1", "2023-09-02"), sent("plain-2", "2023-09-01")]

    assert order([*crowd, *slow_crowd, *slow, *plain]) == [
        "plain-2",
        "plain-1",
        "slow-2",
        "slow-1",
        "crowd-0",
        "crowd-1",
        "crowd-2",
        "crowd-slow",
    ]


def test_a_day_stays_crowded_when_some_of_it_are_dealt_with() -> None:
    crowd = [sent(f"crowd-{number}", "2023-08-01") for number in range(3)]
    done = [sent(f"done-{number}", "2023-08-01", state=ReferralState.ACKNOWLEDGED) for number in range(2)]

    assert order([crowd[0], *done, sent("plain", "2023-09-01")]) == ["plain", "crowd-0"]


@pytest.mark.parametrize(("most", "first"), [(0, "crowd-0"), (4, "crowd-0"), (3, "plain")])
def test_a_day_is_crowded_with_more_than_the_setting_and_never_with_0(most: int, first: str) -> None:
    crowd = [sent(f"crowd-{number}", "2023-08-01") for number in range(4)]

    assert order([*crowd, sent("plain", "2023-09-01")], most)[0] == first


def days(count: int, each_day: int, **facts: Any) -> list[Referral]:
    """So many a day, on days that follow each other."""
    found = [(f"2023-07-{day + 1:02}", number) for day in range(count) for number in range(each_day)]
    return [sent(f"day-{day}-{number:03}", day, **facts) for day, number in found]


def test_on_one_page_the_oldest_day_stands_first() -> None:
    referrals = days(5, 20)

    assert order(referrals, 20) == [each.reference for each in referrals]
    assert len(referrals) == SHOWN


def test_new_ones_are_on_the_first_page_however_many_invented_ones_were_left_on_earlier_days() -> None:
    trickle = days(25, 19)

    for new in ("0-genuine", "z-genuine"):
        listed = order([*trickle, sent(new, "2023-09-05")], 20)
        assert listed.index(new) < 20
        assert listed.index(trickle[0].reference) == 0
        assert set(listed) == {each.reference for each in trickle} | {new}


def test_those_that_stand_behind_have_every_fifth_place_of_a_list_of_several_pages() -> None:
    plain = days(10, 19)
    crowd = [sent(f"crowd-{number:03}", "2023-08-01") for number in range(150)]
    slow = [sent("slow", "2023-08-15", slow=True)]

    listed = order([*crowd, *plain, *slow], 20)

    assert [place for place, each in enumerate(listed[:200], 1) if not each.startswith("day")] == [*range(5, 201, 5)]
    assert listed[4] == "slow"
    assert sorted(listed) == sorted(each.reference for each in (*crowd, *plain, *slow))


@every_row("number", [0, 1, 2, 99, 100, 101, 102, 250])
@every_row("slow", [True, False])
def test_none_is_listed_twice_or_left_out_however_many_wait(number: int, slow: bool) -> None:
    referrals = [
        sent(f"{each:03}", f"2023-08-{each % 28 + 1:02}", slow=slow and each % 3 > 0) for each in range(number)
    ]

    assert sorted(order(referrals, 9)) == [each.reference for each in referrals]
