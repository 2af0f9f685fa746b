"""Openings by the provider: operators are told their number, and neither which nor when."""

from datetime import timedelta

import pytest

from shared.referrals.follow_up.operator_digest import openings
from tests import builders
from tests.builders import MORNING
from tests.unit.shared.referrals.referral_system import OPERATORS, ReferralHarness

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("opened_on", "number"),
    [("2023-09-01", 1), ("2023-08-26", 1), ("2023-08-25", 0), ("2023-09-02", 0), ("", 0), ("soon", 0)],
)
def test_those_of_the_last_seven_days_are_counted(opened_on: str, number: int) -> None:
    referral = builders.referral(delivery="link", opened_on=opened_on)

    assert openings([referral, builders.referral(delivery="link")], MORNING) == number


def test_nothing_is_said_where_nothing_goes_as_a_link() -> None:
    assert openings([builders.referral(delivery="inline"), builders.referral()], MORNING) is None


def test_the_digest_has_the_number_and_no_reference_or_day_of_what_was_opened() -> None:
    harness = ReferralHarness("link")
    opened = harness.forwarded()
    harness.type(OpenedOn="2023-09-01", AttentionOn="2023-09-01", State="attention", LastError="not-acknowledged")
    harness.reconcile(MORNING + DAY)

    [mail] = harness.mails_to(OPERATORS)
    assert "In the last 7 days Nafsiyat opened 1 referral." in mail.text
    lines = [line for line in mail.text.splitlines() if "opened" in line]
    assert len(lines) == 1
    assert opened not in lines[0]
