from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.mail.errors import ServiceError
from local.mail.quota import Quota

START = datetime(2023, 9, 1, 8, tzinfo=UTC)


def answers(offsets: list[float], *, per_minute: int = 0, per_hour: int = 0) -> list[int | str | None]:
    """For a request at each second after the start: None, or the Retry-After it is refused with."""
    quota = Quota()
    return [answer(quota, START + timedelta(seconds=offset), per_minute, per_hour) for offset in offsets]


def answer(quota: Quota, now: datetime, per_minute: int, per_hour: int) -> int | str | None:
    try:
        quota.admit(now, per_minute=per_minute, per_hour=per_hour)
    except ServiceError as refusal:
        return refusal.retry_after
    return None


def test_a_refusal_is_429_too_many_requests() -> None:
    quota = Quota()
    quota.admit(START, per_minute=1, per_hour=0)
    with pytest.raises(ServiceError) as refusal:
        quota.admit(START, per_minute=1, per_hour=0)
    assert (refusal.value.status, refusal.value.code) == (429, "TooManyRequests")


def test_requests_within_the_limit_pass() -> None:
    assert answers([0, 1, 2], per_minute=3) == [None, None, None]


def test_one_too_many_is_told_when_a_place_is_free() -> None:
    assert answers([0, 10, 20], per_minute=2) == [None, None, 70 - 20]


def test_a_wait_is_whole_seconds_rounded_up() -> None:
    assert answers([0, 0.4], per_minute=1) == [None, 60]


def test_a_refused_request_counts_and_prolongs_the_wait() -> None:
    assert answers([0, 30, 60, 119, 179], per_minute=1) == [None, 60, 60, 60, None]


def test_the_longer_of_two_waits_is_told() -> None:
    assert answers([0, 1, 2], per_minute=1, per_hour=2)[-1] == 3600 - 1


def test_a_limit_of_zero_is_none() -> None:
    assert answers([0.0] * 500) == [None] * 500


def test_a_clock_that_is_turned_back_forgets_what_has_not_happened_yet() -> None:
    assert answers([7200, 0], per_minute=1, per_hour=1) == [None, None]


@given(
    gaps=st.lists(st.integers(0, 40), min_size=1, max_size=40),
    limit=st.integers(1, 5),
)
def test_whoever_waits_as_long_as_told_gets_through(gaps: list[int], limit: int) -> None:
    quota, now = Quota(), START
    for gap in gaps:
        now += timedelta(seconds=gap)
        wait = answer(quota, now, limit, 20)
        if wait is not None:
            now += timedelta(seconds=int(wait))
            assert answer(quota, now, limit, 20) is None


@pytest.mark.parametrize("limit", [1, 2, 30])
def test_no_minute_ever_lets_more_through_than_the_limit(limit: int) -> None:
    offsets = [second * 0.7 for second in range(400)]
    passed = [at for at, wait in zip(offsets, answers(offsets, per_minute=limit), strict=True) if wait is None]
    assert passed
    assert all(sum(start <= at < start + 60 for at in passed) <= limit for start in passed)
