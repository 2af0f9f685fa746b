"""The negative control: what a person was told is seen to be untrue where it is, and not where it is true."""

from datetime import UTC, datetime

import pytest

from tests.e2e.http_client import Answer
from tests.e2e.recovery.acts import Act
from tests.promises import Outcome

SEEN = Outcome(tables={}, emails=(), now=datetime(2023, 9, 1, 8, tzinfo=UTC))


def wrong(*told: int, done: bool, whole: bool = True, location: str = "/?done=moved") -> list[str]:
    """What is found to be wrong with an act, without the words that tell which act it is."""
    answers = iter(told)

    def send(_site: str) -> Answer:
        status = next(answers)
        if not status:
            raise ConnectionResetError
        return Answer(status, {"location": location}, "")

    act = Act("book", "ann@nhs.net", "Ann 1 books s1", send, lambda _tables, _said: done, lambda _tables: whole)
    for _ in told:
        act.ask("")
    return [how.partition(": ")[2] for how in act.broken(SEEN)]


@pytest.mark.parametrize(
    ("told", "done"),
    [((201,), True), ((409,), False), ((0,), True), ((0,), False), ((503, 201), True), ((0, 409), True)],
)
def test_what_is_true_is_not_complained_of(told: tuple[int, ...], *, done: bool) -> None:
    assert wrong(*told, done=done) == []
    assert wrong(303, done=False, location="/") == [], "the page that it leads to says why"


def test_what_is_untrue_or_half_done_is_seen() -> None:
    assert wrong(201, done=False) == ["told [201], and it is not so"]
    assert wrong(0, 303, done=False) == ["told [0, 303], and it is not so"]
    assert wrong(503, 503, done=True) == ["tried again and was told 503"]
    assert wrong(409, done=True) == ["refused, and it was done"]
    assert wrong(303, done=True, location="/") == ["refused, and it was done"]
    assert wrong(0, done=False, whole=False) == ["done by half"]
