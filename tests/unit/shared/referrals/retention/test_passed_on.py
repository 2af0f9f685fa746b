"""Referrals passed on in a quarter, each counted once."""

from datetime import date
from typing import Any

import pytest

from shared.numbers.periods import Quarter
from shared.referrals.model import NOT_GENUINE, ReferralState
from shared.referrals.retention.passed_on import passed_on
from tests.builders import referral

SUMMER = Quarter(date(2023, 7, 1))
SENT: dict[str, Any] = {
    "state": ReferralState.SENT,
    "received_on": "2023-09-29",
    "sent_on": "2023-09-29",
    "delivery": "link",
}


@pytest.mark.parametrize(
    ("changes", "counts"),
    [
        ({}, True),
        ({"state": ReferralState.ERASED}, True),
        ({"state": ReferralState.ATTENTION}, True),
        ({"sent_on": ""}, False),
        ({"sent_on": "2023-10-01"}, False),
        ({"sent_on": "soon"}, False),
        ({"sent_on": "2023-07-01", "received_on": "2023-06-30"}, True),
        ({"sent_on": "2023-07-01", "received_on": "2023-06-30", "epoch": 1}, False),
        ({"sent_on": "2023-07-01", "received_on": "2023-06-30", "kept": 1}, False),
        ({"sent_on": "", "epoch": 1}, False),
        ({"state": ReferralState.WITHDRAWN}, False),
        ({"state": ReferralState.ERASED, "last_error": NOT_GENUINE}, False),
        ({"delivery": ""}, False),
    ],
)
def test_one_that_was_sent_counts_in_the_quarter_in_which_it_was_first_sent(
    changes: dict[str, Any], *, counts: bool
) -> None:
    assert passed_on([referral(**SENT | changes)], SUMMER) == counts


def test_they_are_added_up() -> None:
    assert passed_on([referral(**SENT)] * 3 + [referral()], SUMMER) == 3
