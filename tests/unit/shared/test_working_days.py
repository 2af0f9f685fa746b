"""Working days are the weekdays that are no bank holidays of the content file, wherever days are counted."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from pydantic import ValidationError

from shared.bookings.model.attendee import AttendeeState
from shared.content.content_models import BankHolidays
from shared.local_time import WorkingDays
from shared.referrals.follow_up.deadlines import Deadlines
from shared.referrals.model import ReferralState
from shared.referrals.reply_by import reply_by
from shared.referrals.retention.acknowledged_rules import may_erase_acknowledged
from tests import builders
from tests.builders import POLICY, london

CHRISTMAS = WorkingDays(frozenset({date(2026, 12, 25), date(2026, 12, 28), date(2027, 1, 1)}))
EVE = "2026-12-24"  # a Thursday


@pytest.mark.parametrize(
    ("moment", "days", "then"),
    [
        ("2026-12-24 15:00", 1, "2026-12-29 15:00"),
        ("2026-12-24 15:00", 4, "2027-01-04 15:00"),
        ("2026-12-26 15:00", 1, "2026-12-29 15:00"),
        ("2026-10-23 15:00", 1, "2026-10-26 15:00"),  # the clocks go back in between
        ("2026-12-24 15:00", 0, "2026-12-24 15:00"),
    ],
)
def test_they_are_counted_from_a_moment_on_londons_clock(moment: str, days: int, then: str) -> None:
    assert CHRISTMAS.after(london(moment), days) == london(then)


def test_counting_up_to_a_day_agrees_with_counting_from_it() -> None:
    for ahead in range(20):
        today = date(2026, 12, 24) + timedelta(days=ahead)
        counted = CHRISTMAS.since(date(2026, 12, 24), today)
        assert counted == sum(CHRISTMAS.includes(date(2026, 12, 25) + timedelta(days=each)) for each in range(ahead))
    assert CHRISTMAS.since(date(2027, 1, 4), date(2026, 12, 24)) == 0


def test_a_person_is_promised_an_answer_after_working_days() -> None:
    assert reply_by(EVE, 2, CHRISTMAS) == "2026-12-30"


def test_the_provider_is_reminded_and_answers_are_kept_for_working_days() -> None:
    sent = builders.referral(state=ReferralState.SENT, sent_on=EVE)
    deadlines = Deadlines(2, CHRISTMAS)
    assert [deadlines.reminder_due(sent, date(2026, 12, day)) for day in (28, 29, 30)] == [0, 0, 1]
    assert [deadlines.needs_attention(sent, date(2027, 1, day)) for day in (3, 4)] == [False, True]

    confirmed = builders.referral(state=ReferralState.ACKNOWLEDGED, opened_on=EVE, acknowledged_on=EVE)
    erased = [may_erase_acknowledged(confirmed, 2, CHRISTMAS, date(2026, 12, day)) for day in (29, 30)]
    assert erased == [False, True]


def test_a_place_is_held_for_working_days() -> None:
    policy = replace(POLICY, check_weekdays=2, working_days=CHRISTMAS)
    session = builders.session(starts=london("2027-01-29 15:00"))
    attendee = builders.attendee(state=AttendeeState.TO_CHECK, state_at=london("2026-12-24 15:00"))

    assert policy.check_deadline(session, attendee) == london("2026-12-30 15:00")


def test_a_list_does_not_go_beyond_the_day_until_which_it_is_known() -> None:
    with pytest.raises(ValidationError):
        BankHolidays(days=(date(2027, 1, 1),), known_until=date(2026, 12, 31))


def test_the_shipped_list_has_eight_bank_holidays_a_year_and_none_at_a_weekend() -> None:
    found = builders.content().bank_holidays
    years = range(min(found.days).year, found.known_until.year + 1)

    assert [day for day in found.days if day.weekday() > 4] == []
    assert list(found.days) == sorted(set(found.days))
    assert {year: sum(day.year == year for day in found.days) for year in years} == dict.fromkeys(years, 8)
