"""NCRONTAB expressions, against what Azure documents and against brute force."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.host.timers.ncrontab import NEVER, Ncrontab
from tests.every_row import every_row

NOON = datetime(2023, 9, 1, 12, 0, tzinfo=UTC)  # a Friday


@every_row(
    "expression, following",
    [
        ("0 */5 * * * *", "2023-09-01T12:05:00"),
        ("*/5 * * * *", "2023-09-01T12:05:00"),
        ("30 0 12 * * *", "2023-09-01T12:00:30"),
        ("0 0 12 * * *", "2023-09-02T12:00:00"),
        ("0 0 9-17 * * *", "2023-09-01T13:00:00"),
        ("0 30 9 * * 1-5", "2023-09-04T09:30:00"),
        ("0 30 9 * * Mon,wed", "2023-09-04T09:30:00"),
        ("0 30 9 * Jan Mon", "2024-01-01T09:30:00"),
        ("0 0 0 29 2 *", "2024-02-29T00:00:00"),
        ("0 0 0 29 february 1", "2044-02-29T00:00:00"),
        ("0 7/20 * * * *", "2023-09-01T12:07:00"),
        ("0 50/7 * * * *", "2023-09-01T12:50:00"),
        ("0 0 0 31 12 *", "2023-12-31T00:00:00"),
        ("0 0 0 * * 0", "2023-09-03T00:00:00"),
        ("0 0 17-9 * * *", "2023-09-01T13:00:00"),
        ("0 0 0 * * fri-mon", "2023-09-04T00:00:00"),
        ("0 0 0 * * 5-1", "2023-09-04T00:00:00"),
        ("0 0 0 * * sunday", "2023-09-03T00:00:00"),
        ("0 0 0 * * t", "2023-09-05T00:00:00"),
        ("0 0/1 * * * *", "2023-09-01T13:00:00"),
        ("0 0 0 9-9 * *", "2023-09-09T00:00:00"),
        ("0 0 0 */2 * */2", "2023-09-03T00:00:00"),
    ],
)
def test_the_next_occurrence_is_the_first_strictly_later_one(expression: str, following: str) -> None:
    assert Ncrontab.parse(expression).next_after(NOON) == datetime.fromisoformat(following).replace(tzinfo=UTC)


def test_a_day_has_to_satisfy_both_day_fields() -> None:
    friday_the_13th = Ncrontab.parse("0 0 0 13 * Fri")
    assert friday_the_13th.next_after(NOON) == datetime(2023, 10, 13, tzinfo=UTC)


def test_a_day_that_never_comes_never_fires() -> None:
    assert Ncrontab.parse("0 0 0 30 2 *").next_after(NOON) == NEVER


def test_a_fraction_of_a_second_does_not_hide_the_next_second() -> None:
    every_second = Ncrontab.parse("* * * * * *")
    assert every_second.next_after(NOON + timedelta(microseconds=1)) == NOON + timedelta(seconds=1)


def test_the_moment_may_be_in_any_time_zone() -> None:
    london = datetime.fromisoformat("2023-09-01T13:00:00+01:00")
    assert Ncrontab.parse("0 */5 * * * *").next_after(london) == NOON + timedelta(minutes=5)


@pytest.mark.parametrize(
    "expression",
    [
        pytest.param("", id="nothing"),
        pytest.param("* * * *", id="four fields"),
        pytest.param("* * * * * * *", id="seven fields"),
        pytest.param("60 * * * * *", id="second 60"),
        pytest.param("* * 24 * * *", id="hour 24"),
        pytest.param("* * * 0 * *", id="day 0"),
        pytest.param("* * * * 13 *", id="month 13"),
        pytest.param("* * * * * 7", id="weekday 7"),
        pytest.param("*/0 * * * * *", id="step 0"),
        pytest.param("*/x * * * * *", id="step x"),
        pytest.param("a * * * * *", id="a name where there are none"),
        pytest.param("1- * * * * *", id="half a range"),
        pytest.param("1,,2 * * * * *", id="a gap in a list"),
        pytest.param("-1 * * * * *", id="a negative number"),
        pytest.param("00:05:00", id="a time span"),
        pytest.param("@daily", id="a nickname"),
        pytest.param("0 0 0 L * *", id="the last day of a month"),
        pytest.param("0 0 0 15W * *", id="the nearest working day"),
        pytest.param("0 0 0 * * L5", id="the last Friday"),
        pytest.param("0 0 0 * * 1#2", id="the second Monday"),
        pytest.param("0 0 0 * * ?", id="a question mark"),
        pytest.param("R * * * * *", id="a random second"),
    ],
)
def test_what_is_no_expression_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match="not an NCRONTAB expression"):
        Ncrontab.parse(expression)


def _field(low: int, high: int) -> st.SearchStrategy[tuple[str, frozenset[int]]]:
    value = st.integers(low, high)
    everything = st.just(("*", frozenset(range(low, high + 1))))
    stepped = st.integers(2, high).map(lambda step: (f"*/{step}", frozenset(range(low, high + 1, step))))
    single = value.map(lambda one: (str(one), frozenset({one})))
    spans = st.tuples(value, value).map(sorted).map(lambda s: (f"{s[0]}-{s[1]}", frozenset(range(s[0], s[1] + 1))))
    part = st.one_of(everything, stepped, single, spans)
    return st.lists(part, min_size=1, max_size=3).map(
        lambda parts: (",".join(text for text, _ in parts), frozenset().union(*(values for _, values in parts)))
    )


MOMENTS = st.datetimes(datetime(2023, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - bounds


@given(fields=st.tuples(_field(0, 59), _field(0, 59), _field(0, 23)), moment=MOMENTS)
def test_times_of_day_agree_with_brute_force(fields: tuple[tuple[str, frozenset[int]], ...], moment: datetime) -> None:
    seconds, minutes, hours = (values for _, values in fields)
    expression = " ".join(text for text, _ in fields) + " * * *"
    expected = min(
        candidate
        for day in (moment.date(), moment.date() + timedelta(days=1))
        for hour in hours
        for minute in minutes
        for second in (min(seconds), *(s for s in seconds if (hour, minute) == (moment.hour, moment.minute)))
        if (candidate := datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=UTC)) > moment
    )
    assert Ncrontab.parse(expression).next_after(moment) == expected


@given(fields=st.tuples(_field(1, 31), _field(1, 12), _field(0, 6)), moment=MOMENTS)
def test_days_agree_with_brute_force(fields: tuple[tuple[str, frozenset[int]], ...], moment: datetime) -> None:
    days, months, weekdays = (values for _, values in fields)
    expression = "0 0 0 " + " ".join(text for text, _ in fields)
    found = Ncrontab.parse(expression).next_after(moment)
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    ahead = (midnight + timedelta(days=number) for number in range(1, 800))
    hits = (day for day in ahead if day.day in days and day.month in months and (day.weekday() + 1) % 7 in weekdays)
    expected = next(hits, None)
    assert found == expected if expected else found > midnight + timedelta(days=799)
