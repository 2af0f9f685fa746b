"""A sealed referral that has no status is found by the schedule, which looks for such ones once an hour."""

import contextlib
from datetime import timedelta

import pytest

from shared.bookings.emails.address_limit.mailbox_limits import MailboxLimits
from shared.bookings.retention.run import Retention
from shared.mail.pause import MailPause
from shared.tables.service_table import read_service_rows
from shared.timer.marks import Heartbeat, RecoveryMark
from shared.timer.run import ReferralWork, TimerRun
from tests.builders import KEY, MORNING, referral_request
from tests.fakes import Crash, FakeTable, InjectedFault, with_fault
from tests.unit.shared.bookings.booking_system import BookingHarness
from tests.unit.shared.numbers.board_numbers import idle_numbers
from tests.unit.shared.referrals.referral_system import ReferralHarness

ADOPTION = ("service", "adoption")


def idle_retention() -> Retention:
    """A retention over empty tables, with nothing to delete."""
    sessions, bookings, log, index, service = (FakeTable() for _ in range(5))
    return Retention(
        sessions=sessions, bookings=bookings, log=log, index=index, service=service, kept=timedelta(days=90)
    )


class Timer:
    """The timer over a referral whose status someone deleted, or whose acceptance died before it was written."""

    def __init__(self) -> None:
        self.harness, self.service, self.now = ReferralHarness(), FakeTable(), MORNING
        self.reference = self.orphan()

    def orphan(self, submission: str = "submission-0123456789") -> str:
        reference = self.harness.service().accept(referral_request(submission_id=submission), MORNING)
        del self.harness.status.rows["referrals", reference]
        return reference

    def run(self, *, minutes: int = 0, trouble: InjectedFault | None = None) -> tuple[str, ...]:
        """One run so much later, in a process of its own: the references that it names to the queue."""
        self.now += timedelta(minutes=minutes)
        wrap = with_fault(trouble) if trouble else lambda table: table
        schedule = TimerRun(
            read_service_rows=lambda: read_service_rows(self.service),
            bookings=BookingHarness().schedule(),
            referrals=ReferralWork(
                prove_keys=lambda now: None,
                reconciler=self.harness.reconciler(),
                orphan_recovery=self.harness.orphan_recovery(wrap),
                recovery_mark=RecoveryMark(wrap(self.service)),
            ),
            heartbeat=Heartbeat(self.service),
            pause=MailPause(self.service),
            limits=MailboxLimits(FakeTable(), KEY),
            retention=idle_retention(),
            numbers=idle_numbers(FakeTable()),
            note_deleted=lambda *_: None,
        )
        return schedule.run(self.now).referrals

    @property
    def known(self) -> set[str]:
        return {key for _, key in self.harness.status.rows}


def test_a_referral_without_a_status_gets_one_and_is_forwarded_on_the_same_run() -> None:
    timer = Timer()

    assert timer.run() == (timer.reference,)
    assert timer.known == {timer.reference}
    timer.harness.forwarder().forward(timer.reference, timer.now)
    assert len(timer.harness.sender.messages) == 1


def test_they_are_looked_for_once_an_hour_however_late_the_timer_is() -> None:
    timer = Timer()
    timer.run()
    second = timer.orphan("submission-9876543210")

    for minutes in (5, 50):
        timer.run(minutes=minutes)
        assert second not in timer.known
    timer.run(minutes=5)
    assert second in timer.known


def test_a_clock_that_was_set_back_does_not_put_it_off() -> None:
    timer = Timer()
    timer.run(minutes=60 * 24)
    second = timer.orphan("submission-9876543210")

    timer.run(minutes=-60 * 24)

    assert second in timer.known


@pytest.mark.parametrize("fault", ["lost-request", "lost-answer", "crash-before", "crash-after"])
def test_a_look_that_was_interrupted_at_any_call_is_taken_again_by_the_next_run(fault: str) -> None:
    for at in range(20):
        timer, trouble = Timer(), InjectedFault(at, fault)  # type: ignore[arg-type]  # one of the faults
        with contextlib.suppress(Crash):
            timer.run(trouble=trouble)
        if not trouble.triggered:
            assert at >= 4, "sealed rows, statuses, the insert and the note that it was done were each broken"
            return

        assert timer.run(minutes=5) == (timer.reference,), f"call {at}"
        assert timer.known == {timer.reference}
    pytest.fail("the calls never ended")


def test_recovery_is_recorded_only_after_it_succeeded() -> None:
    timer = Timer()
    timer.run(trouble=InjectedFault(0, "lost-request"))

    assert ADOPTION not in timer.service.rows
    timer.run(minutes=5)
    assert timer.service.rows[ADOPTION].moment("LastOk") == timer.now
