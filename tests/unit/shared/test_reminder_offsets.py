"""Times of reminders, on both sides of both clock changes."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.installation.facts import LONDON
from shared.reminder_offsets import parse_offset, parse_offsets, reminder_times
from tests.builders import london

DEFAULT = parse_offsets("P1D,PT1H")


@pytest.mark.parametrize(
    ("starts", "reminded"),
    [
        ("2023-09-08 15:00", ["2023-09-07 15:00", "2023-09-08 14:00"]),
        ("2023-10-26 10:00", ["2023-10-25 10:00", "2023-10-26 09:00"]),
        ("2023-11-13 13:00", ["2023-11-12 13:00", "2023-11-13 12:00"]),
        ("2023-10-29 10:00", ["2023-10-28 10:00", "2023-10-29 09:00"]),
        ("2024-03-31 10:00", ["2024-03-30 10:00", "2024-03-31 09:00"]),
    ],
)
def test_a_day_before_is_the_same_time_on_the_clock_and_an_hour_is_an_hour(starts: str, reminded: list[str]) -> None:
    assert [at for at, _ in reminder_times(london(starts), DEFAULT)] == [london(each) for each in reminded]


def test_a_day_before_the_clocks_go_back_is_twenty_five_hours() -> None:
    starts = london("2023-10-29 10:00")

    assert starts - parse_offset("P1D").before(starts) == timedelta(hours=25)


def test_an_hour_before_half_past_one_on_the_night_the_clocks_go_back_is_an_hour() -> None:
    starts = datetime(2023, 10, 29, 1, 30, tzinfo=LONDON, fold=1).astimezone(UTC)

    assert starts - parse_offset("PT1H").before(starts) == timedelta(hours=1)


def test_a_time_that_the_clocks_skip_is_reminded_of_after_the_gap() -> None:
    starts = london("2024-04-01 01:30")

    assert parse_offset("P1D").before(starts) == london("2024-03-31 02:30")


@pytest.mark.parametrize("text", ["", "1D", "P", "PT", "P1M", "PT1S", "P0D", "P-1D", "P1D PT1H", "P1D,,PT1H"])
def test_what_is_no_offset_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a reminder must be"):
        parse_offsets(text)


def test_none_is_no_reminder_at_all() -> None:
    assert parse_offsets("none") == ()


@given(
    starts=st.datetimes(datetime(2023, 1, 1), datetime(2026, 12, 31)).map(lambda at: at.replace(tzinfo=UTC)),  # noqa: DTZ001  # hypothesis wants naive bounds
    days=st.integers(1, 60),
)
def test_any_number_of_days_before_keeps_the_clock_time_unless_it_is_skipped(starts: datetime, days: int) -> None:
    before = parse_offset(f"P{days}D").before(starts)

    was, is_now = before.astimezone(LONDON), starts.astimezone(LONDON)
    assert was.date() == is_now.date() - timedelta(days=days)
    assert was.time() == is_now.time() or was.utcoffset() != (was - timedelta(hours=2)).utcoffset()
