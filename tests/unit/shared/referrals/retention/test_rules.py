"""Each condition by itself that keeps answers, on a referral that would be erased without it."""

from datetime import date
from typing import Any

from shared.referrals.model import ReferralState
from shared.referrals.retention.acknowledged_rules import has_arrived
from shared.referrals.retention.retention_rules import earliest_erasure, is_held, may_be_erased
from shared.referrals.retention.uncollected_rules import UncollectedLimit
from shared.referrals.transitions import NOT_ACKNOWLEDGED
from tests.builders import referral
from tests.every_row import every_row

TODAY = date(2023, 12, 1)
LONG_AGO = "2023-09-01"
ACKNOWLEDGED: dict[str, Any] = {"state": ReferralState.ACKNOWLEDGED, "delivery": "inline", "sent_on": LONG_AGO}
UNCOLLECTED: dict[str, Any] = {"state": ReferralState.SENT, "delivery": "link", "sent_on": LONG_AGO}


def test_answers_whose_email_nobody_reported_on_for_long_have_arrived() -> None:
    assert has_arrived(referral(**ACKNOWLEDGED), TODAY)


@every_row(
    "changes",
    [
        {"came_back_on": "2023-09-02"},
        {"last_error": "bounced"},
        {"delivery": "link"},
        {"delivery": "link", "delivered_on": LONG_AGO},
        {"delivery": ""},
        {"sent_on": "2023-11-30"},
    ],
)
def test_answers_that_came_back_or_that_only_a_link_leads_to_have_not_arrived(changes: dict[str, Any]) -> None:
    assert not has_arrived(referral(**ACKNOWLEDGED | changes), TODAY)


SILENT: dict[str, Any] = {
    "state": ReferralState.ATTENTION,
    "last_error": NOT_ACKNOWLEDGED,
    "delivery": "inline",
    "delivered_on": LONG_AGO,
    "attention_on": LONG_AGO,
    "warned": 2,
    "warned_on": LONG_AGO,
}


def test_answers_that_nobody_acknowledged_are_erased_when_everything_has_been_done() -> None:
    assert may_be_erased(referral(**SILENT), TODAY)


@every_row(
    "changes",
    [
        {"state": ReferralState.DELIVERED},
        {"last_error": "bounced"},
        {"delivery": "link"},
        {"delivered_on": ""},
        {"delivered_on": "2023-11-02"},
        {"attention_on": ""},
        {"attention_on": "2023-11-25"},
        {"warned": 1},
        {"warned_on": ""},
        {"warned_on": "2023-11-25"},
        {"held": True},
        {"held_until": "2024-01-01"},
    ],
)
def test_answers_that_nobody_acknowledged_are_kept_while_one_thing_is_missing(changes: dict[str, Any]) -> None:
    assert not may_be_erased(referral(**SILENT | changes), TODAY)


@every_row("until, is_kept", [("2023-11-30", False), ("2023-12-01", False), ("2023-12-02", True), ("2024-02-01", True)])
def test_an_objection_until_a_day_is_heard_until_that_day_comes(until: str, *, is_kept: bool) -> None:
    assert is_held(referral(held_until=until), TODAY) is is_kept


def test_the_day_of_an_objection_is_the_earliest_on_which_answers_are_erased() -> None:
    silent = referral(**SILENT, held_until="2024-02-01")

    assert earliest_erasure(silent) == date(2024, 2, 1)


def test_answers_that_nobody_collects_are_erased_on_the_day_that_was_announced() -> None:
    assert UncollectedLimit(60).may_erase(referral(**UNCOLLECTED, deletion_on="2023-12-01"), TODAY)


@every_row("announced", ["2023-12-02", "2023-10-01", "", "soon"])
def test_answers_that_nobody_collects_are_not_erased_on_a_day_that_was_not_announced(announced: str) -> None:
    assert not UncollectedLimit(60).may_erase(referral(**UNCOLLECTED, deletion_on=announced), TODAY)
