"""A referral that has just come is nudged, one whose turn it is is forwarded, and a batch is sent."""

import logging
from typing import Any

import pytest
from azure.functions.queue import QueueMessage

from functions.queues import batch_message, is_turn, read_batch, read_referral, referral_message, turn_message
from functions.referrals import forward_referral
from tests.builders import MORNING

REFERENCE, BATCH = "34679CDF", "batch-0123456789abcdef"


class Recorded:
    """Services that note what is asked of them."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.referrals = self.forwarder = self.batch_sender = self

    def now(self) -> object:
        return MORNING

    def __getattr__(self, name: str) -> Any:
        return lambda key, now: self.asked.append((name, key))


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Recorded:
    recorded = Recorded()
    monkeypatch.setattr(forward_referral, "services", lambda: recorded)
    return recorded


def called(trigger: Any, body: str) -> None:
    trigger._function.get_user_function()(QueueMessage(id="1", body=body.encode()))


@pytest.mark.parametrize(
    ("body", "asked"),
    [
        (referral_message(REFERENCE), [("nudge", REFERENCE)]),
        (turn_message(REFERENCE), [("forward", REFERENCE)]),
        (batch_message(BATCH), [("deliver", BATCH)]),
    ],
)
def test_each_message_does_what_it_says(services: Recorded, body: str, asked: list[tuple[str, str]]) -> None:
    called(forward_referral.forward_referral, body)

    assert services.asked == asked


def test_a_batch_that_failed_again_and_again_is_an_error_and_its_members_are_tried_by_the_timer(
    services: Recorded, caplog: pytest.LogCaptureFixture
) -> None:
    called(forward_referral.referral_failed, batch_message(BATCH))
    called(forward_referral.referral_failed, turn_message(REFERENCE))

    assert services.asked == [("record_failure", REFERENCE)]
    assert [each.levelno for each in caplog.records] == [logging.ERROR]


def test_messages_are_read_as_they_were_written() -> None:
    assert (read_referral(turn_message(REFERENCE).encode()), is_turn(turn_message(REFERENCE).encode())) == (
        REFERENCE,
        True,
    )
    assert not is_turn(referral_message(REFERENCE).encode())
    assert read_batch(batch_message(BATCH).encode()) == BATCH
    assert read_referral(batch_message(BATCH).encode()) is None
    assert read_batch(referral_message(REFERENCE).encode()) is None
