"""A worker that stands still between claim and send, and wakes after another has taken over, sends nothing twice."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

import pytest

from shared.mail.delivery import LEASE, LONGEST_REQUEST, TAKEN_OVER_AFTER, Claim
from shared.mail.services.acs.sender import _NO_RETRIES
from tests.builders import MORNING
from tests.fakes import Crash, Stall, Stalling
from tests.unit.shared.mail.test_delivery import CONFIRMATION, MailHarness
from tests.unit.shared.referrals.referral_system import ReferralHarness

if TYPE_CHECKING:
    from shared.tables.table import Table

MINUTE = timedelta(minutes=1)


class StallingMail(MailHarness):
    """A confirmation that a worker sends while `stall` makes it stand still."""

    def __init__(self) -> None:
        super().__init__(dedupes=False)
        self.clock.moment = MORNING

    def send(self, stall: Stall, now: datetime = MORNING) -> None:
        awake, self.sender = self.sender, cast("Any", Stalling(self.sender, stall))
        mailer = self.mailer(lambda table: cast("Table", Stalling(table, stall)))
        self.sender = awake
        mailer.deliver("s1", CONFIRMATION, now)

    def others(self, until: datetime) -> None:
        """Every other process, at each minute until then."""
        for minute in range(1, int((until - MORNING) / MINUTE) + 1):
            self.clock.moment = MORNING + minute * MINUTE
            self.tick(self.clock.moment)


class StallingReferral(ReferralHarness):
    """The same for a referral."""

    def __init__(self, delivery: str) -> None:
        super().__init__(delivery)
        self.clock.moment = MORNING
        self.reference = self.accepted()

    def send(self, stall: Stall, now: datetime = MORNING) -> None:
        awake, self.sender = self.sender, cast("Any", Stalling(self.sender, stall))
        forwarder = self.forwarder(lambda table: cast("Table", Stalling(table, stall)))
        self.sender = awake
        forwarder.forward(self.reference, now)

    def others(self, until: datetime) -> None:
        for minute in range(1, int((until - MORNING) / MINUTE) + 1):
            self.clock.moment = MORNING + minute * MINUTE
            for reference in self.due(self.clock.moment):
                self.forwarder().forward(reference, self.clock.moment)

    @property
    def states(self) -> list[str]:
        return [row.text("State") for row in self.rows]


HARNESSES: dict[str, Callable[[], StallingMail | StallingReferral]] = {
    "bookings": StallingMail,
    "inline": lambda: StallingReferral("inline"),
    "link": lambda: StallingReferral("link"),
}


@pytest.mark.parametrize("after", [False, True], ids=["before the request", "after it"])
@pytest.mark.parametrize("minutes", [9, 11, *(pytest.param(each, marks=pytest.mark.nightly) for each in (7, 10, 45))])
@pytest.mark.parametrize("kind", HARNESSES)
def test_worker_that_stalls_at_any_request_sends_nothing_twice(kind: str, minutes: int, *, after: bool) -> None:
    for at in range(100):
        harness = HARNESSES[kind]()
        stall = Stall(at, partial(harness.others, MORNING + minutes * MINUTE), after)
        harness.send(stall)
        if not stall.triggered:
            assert at >= 5
            return
        harness.others(MORNING + 60 * MINUTE)

        assert len(harness.sender.sent) == 1, f"request {at}"
        assert harness.states == ["sent"]
    pytest.fail("the requests never ended")


@pytest.mark.parametrize("after", [False, True], ids=["before the request", "after it"])
@pytest.mark.parametrize("kind", HARNESSES)
def test_worker_that_took_a_claim_over_and_stalls_sends_nothing_twice(kind: str, *, after: bool) -> None:
    for at in range(100):
        harness = HARNESSES[kind]()
        harness.sender.trouble = {0: "crash-before"}
        with pytest.raises(Crash):
            harness.send(Stall(-1, lambda: None))
        harness.clock.moment = MORNING + 10 * MINUTE
        stall = Stall(at, partial(harness.others, MORNING + 25 * MINUTE), after)
        harness.send(stall, harness.clock.moment)
        if not stall.triggered:
            assert harness.sender.asked, "it asks about the email first"
            return
        harness.others(MORNING + 80 * MINUTE)

        assert len(harness.sender.sent) == 1, f"request {at}"
        assert harness.states == ["sent"]
    pytest.fail("the requests never ended")


def test_a_claim_is_not_used_when_the_longest_request_would_outlive_it() -> None:
    claim = Claim(UUID(int=1), lease_ends=MORNING + LEASE)

    assert claim.may_send(MORNING + LEASE - LONGEST_REQUEST)
    assert not claim.may_send(MORNING + LEASE - LONGEST_REQUEST + timedelta(seconds=1))
    assert not Claim(UUID(int=1)).may_send(MORNING)


def test_requests_end_before_another_worker_takes_over() -> None:
    seconds = _NO_RETRIES["connection_timeout"] + _NO_RETRIES["read_timeout"]

    assert timedelta(seconds=seconds) < LONGEST_REQUEST
    assert LEASE + LONGEST_REQUEST == TAKEN_OVER_AFTER
