"""Answers of an acknowledged referral stay until they have arrived and the days are over in which it can be kept."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from shared.local_time import WorkingDays
from shared.referrals.collection.acknowledgement import Acknowledgement, AcknowledgementRecorder
from shared.referrals.errors import ReferralsBusyError
from shared.referrals.model import Progress, ReferralState
from shared.referrals.retention.acknowledged_rules import may_erase_acknowledged
from shared.tables.table import StorageError
from tests import builders
from tests.builders import MORNING
from tests.every_row import every_row
from tests.fakes import FAULTS, Crash, Fault, InjectedFault, with_fault
from tests.unit.shared.referrals.referral_system import OPERATORS, RECIPIENT, ReferralHarness

DAY = timedelta(days=1)


def acknowledged(delivery: str = "inline", *reports: str) -> ReferralHarness:
    """A referral that was sent, reported on, and acknowledged on a Friday."""
    harness = ReferralHarness(delivery)
    reference = harness.forwarded()
    for status in reports:
        harness.report(status)
    if delivery == "inline":
        harness.acknowledging().acknowledge(reference, MORNING)
    else:
        harness.acknowledging().acknowledge_opened(reference, MORNING)
    assert harness.state == ("acknowledged", "")
    return harness


class Meanwhile(InjectedFault):
    """Something that happens before the n-th call over all tables, which then works."""

    def __init__(self, at: int, act: Callable[[], object]) -> None:
        super().__init__(at, "lost-request")
        self._act = act

    def triggers(self) -> bool:
        if super().triggers():
            self._act()
        return False


def keep(harness: ReferralHarness, now: datetime = MORNING) -> Acknowledgement:
    referral = harness.referral()
    return harness.acknowledging().keep(referral.reference, now, version=referral.version)


@pytest.mark.parametrize(
    ("acknowledged_on", "erased_on"),
    [
        ("2023-09-01", "2023-09-06"),  # a Friday
        ("2023-09-02", "2023-09-06"),
        ("2023-09-03", "2023-09-06"),
        ("2023-09-04", "2023-09-07"),
        ("2023-10-27", "2023-11-01"),  # the clocks go back in between
        ("2023-12-22", "2023-12-27"),  # Christmas Day is a Monday, and counts unless it is listed
    ],
)
def test_three_weekdays_pass_before_answers_that_arrived_are_erased(acknowledged_on: str, erased_on: str) -> None:
    referral = builders.referral(
        state=ReferralState.ACKNOWLEDGED,
        delivery="inline",
        delivered_on=acknowledged_on,
        acknowledged_on=acknowledged_on,
    )
    days = [date.fromisoformat(acknowledged_on) + timedelta(days=each) for each in range(-9, 30)]

    erased = next(each for each in days if may_erase_acknowledged(referral, 3, WorkingDays(), each))
    assert erased.isoformat() == erased_on


@pytest.mark.parametrize(("grace", "days"), [(3, 5), (5, 7), (20, 28)])
def test_the_installation_chooses_how_many(grace: int, days: int) -> None:
    harness = acknowledged("inline", "delivered")

    for day in range(1, days + 1):
        assert len(harness.sealed.rows) == 1, f"day {day}"
        harness.reconcile(MORNING + day * DAY, grace_weekdays=grace)

    assert harness.sealed.rows == {}


def test_without_a_report_it_counts_as_arrived_after_fourteen_days() -> None:
    harness = acknowledged()

    now = harness.pass_days(MORNING, 13)
    assert (len(harness.sealed.rows), harness.state) == (1, ("acknowledged", ""))
    harness.reconcile(now + DAY)

    assert (harness.sealed.rows, harness.state) == ({}, ("erased", ""))


def test_a_late_delivery_report_is_waited_for_and_then_counts() -> None:
    harness = acknowledged()
    now = harness.pass_days(MORNING, 7)

    harness.report("delivered", now)
    harness.pass_days(now, 1)

    assert harness.state == ("erased", "")


def test_a_link_that_was_opened_needs_no_report() -> None:
    harness = acknowledged("link")

    assert harness.referral().opened_on == "2023-09-01"
    now = harness.pass_days(MORNING, 4)
    assert len(harness.sealed.rows) == 1
    harness.reconcile(now + DAY)

    assert (harness.sealed.rows, harness.state) == ({}, ("erased", ""))


@pytest.mark.parametrize("delivery", ["inline", "link", "sealed"])
@pytest.mark.parametrize("cells", [{}, {"AcknowledgedOn": "2023-08-01"}, {"AcknowledgedOn": "soon"}])
def test_the_word_typed_by_hand_is_no_arrival(delivery: str, cells: dict[str, str]) -> None:
    harness = ReferralHarness(delivery)
    harness.forwarded()
    harness.type(State="acknowledged", **cells)

    now = harness.pass_days(MORNING, 13)
    assert len(harness.sealed.rows) == 1
    harness.pass_days(now, 60)

    if delivery == "inline":
        assert (harness.state[0], harness.sealed.rows) == ("erased", {}), "nothing was reported for 14 days"
        return
    assert (harness.state, len(harness.sealed.rows)) == (("attention", "not-opened"), 1)
    assert "no one has opened it" in harness.mails_to(OPERATORS)[0].text


@pytest.mark.parametrize("cells", [{}, {"AcknowledgedOn": "2023-08-01"}])
def test_the_word_typed_over_one_that_was_never_sent_waits_for_a_person(cells: dict[str, str]) -> None:
    harness = ReferralHarness()
    harness.accepted()
    harness.type(State="acknowledged", **cells)

    harness.pass_days(MORNING, 30)

    assert (harness.state, len(harness.sealed.rows)) == (("attention", "state-typed"), 1)


@pytest.mark.parametrize("status", ["bounced", "suppressed", "quarantined", "filteredspam", "failed"])
def test_the_word_typed_over_one_that_came_back_waits_for_a_person_until_it_arrives(status: str) -> None:
    harness = ReferralHarness()
    harness.forwarded()
    harness.report(status)
    harness.type(State="attention", LastError=status)
    harness.type(State="acknowledged")

    harness.pass_days(MORNING, 60)
    assert (harness.state, len(harness.sealed.rows)) == (("attention", status), 1)

    harness.type(State="delivered")
    now = harness.pass_days(MORNING + 60 * DAY, 1)
    harness.acknowledging().acknowledge(harness.referral().reference, now)
    harness.pass_days(now, 6)
    assert harness.state == ("erased", "")


def test_the_word_typed_over_a_bad_report_counts_from_that_day_and_not_from_an_earlier_confirmation() -> None:
    harness = acknowledged("inline", "delivered")
    harness.report("quarantined")
    now = harness.pass_days(MORNING, 10)  # a Monday
    harness.type(State="acknowledged")
    harness.reconcile(now)

    now = harness.pass_days(now, 2)
    assert (harness.state, len(harness.sealed.rows)) == (("acknowledged", ""), 1)
    assert harness.referral().acknowledged_on == "2023-09-11"
    harness.pass_days(now, 1)

    assert harness.state == ("erased", "")


@pytest.mark.parametrize("jump", [timedelta(days=3650), timedelta(days=5), timedelta(days=-3650)])
def test_a_clock_that_jumps_erases_nothing(jump: timedelta) -> None:
    harness = acknowledged("inline", "delivered")
    now = harness.pass_days(MORNING, 3)

    for minutes in (0, 5, 10):
        harness.reconcile(now + jump + timedelta(minutes=minutes))

    assert (len(harness.sealed.rows), harness.state) == (1, ("acknowledged", ""))


@pytest.mark.parametrize("delivery", ["inline", "link"])
def test_it_is_sent_again_once_and_then_waits_for_a_person(delivery: str) -> None:
    harness = acknowledged(delivery, "delivered")
    reference = harness.referral().reference

    assert keep(harness) is Acknowledgement.KEPT
    assert harness.state == ("received", "")
    assert harness.referral().progress is Progress.RECEIVED
    harness.forwarder().forward(reference, MORNING)
    first, second = harness.mails_to(RECIPIENT)
    assert first.subject == second.subject
    assert len(set(harness.sender.operations)) == 2
    referral = harness.referral()
    assert (harness.state, referral.acknowledged_on, referral.opened_on, referral.delivered_on) == (
        ("sent", ""),
        "",
        "",
        "",
    )

    harness.acknowledging().acknowledge_opened(reference, MORNING)
    assert keep(harness) is Acknowledgement.KEPT
    assert harness.state == ("attention", "kept-again")
    assert harness.referral().progress is Progress.WAITING_FOR_CONFIRMATION
    harness.pass_days(MORNING, 60)
    assert (len(harness.mails_to(RECIPIENT)), len(harness.sealed.rows)) == (2, 1)
    assert "for the second time" in harness.mails_to(OPERATORS)[0].text
    harness.type(State="received")
    harness.recover()
    harness.acknowledging().acknowledge_opened(reference, MORNING)
    assert keep(harness) is Acknowledgement.KEPT
    assert harness.state == ("attention", "kept-again"), "and no operator's try makes it a first time"


def test_a_report_of_the_email_before_does_not_count_for_the_one_that_was_sent_again() -> None:
    harness = acknowledged()
    keep(harness)
    harness.recover()

    harness.report("delivered", epoch=0)
    harness.report("bounced", epoch=0)

    assert (harness.state, harness.referral().delivered_on) == (("sent", ""), "")


def test_after_three_weekdays_it_can_be_kept_until_the_timer_comes() -> None:
    harness = acknowledged("inline", "delivered")
    now = harness.pass_days(MORNING, 4) + DAY - timedelta(minutes=5)

    assert keep(harness, now) is Acknowledgement.KEPT
    harness.pass_days(now, 5)

    assert len(harness.sealed.rows) == 1
    assert len(harness.mails_to(RECIPIENT)) >= 2


def test_what_is_erased_cannot_be_kept() -> None:
    harness = acknowledged("inline", "delivered")
    harness.pass_days(MORNING, 5)
    before = harness.rows

    assert keep(harness) is Acknowledgement.CHANGED
    assert harness.rows == before
    assert harness.acknowledging().keep("99999999", MORNING, version="0.0") is Acknowledgement.UNKNOWN


def test_what_was_never_confirmed_cannot_be_taken_back() -> None:
    for state in ("received", "sending", "sent", "delivered", "attention"):
        harness = ReferralHarness()
        harness.forwarded()
        harness.type(State=state)
        before = harness.rows

        assert keep(harness) is Acknowledgement.CHANGED
        assert harness.rows == before


@pytest.mark.parametrize("at", range(10))
def test_whoever_says_keep_it_while_it_is_erased_is_not_promised_what_is_gone(at: int) -> None:
    """`keep` at any call of the erasure: either it is kept and sent again, or the provider is told that it is gone."""
    harness = acknowledged("inline", "delivered")
    now = harness.pass_days(MORNING, 4) + DAY
    outcomes: list[Acknowledgement] = []
    meanwhile = Meanwhile(at, lambda: outcomes.append(keep(harness, now)))

    harness.reconcile(now, with_fault(meanwhile))

    if outcomes == [Acknowledgement.KEPT]:
        harness.recover()
        assert (len(harness.sealed.rows), len(harness.mails_to(RECIPIENT))) == (1, 2)
    else:
        assert outcomes in ([Acknowledgement.CHANGED], [])
        harness.pass_days(now, 1)
        assert (harness.state[0], harness.sealed.rows) == ("erased", {})


@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_loses_or_doubles_it(fault: Fault) -> None:
    for at in range(100):
        harness, trouble = acknowledged(), InjectedFault(at, fault)
        referral = harness.referral()
        recorder = AcknowledgementRecorder(harness.repository(with_fault(trouble)))
        try:
            outcome = recorder.keep(referral.reference, MORNING, version=referral.version)
        except (Crash, StorageError, ReferralsBusyError):
            outcome = harness.acknowledging().keep(referral.reference, MORNING, version=referral.version)
        if not trouble.triggered:
            assert at >= 2, "both calls were broken"
            return
        assert outcome in {Acknowledgement.KEPT, Acknowledgement.CHANGED}
        assert (harness.referral().kept, harness.state) == (1, ("received", ""))
    pytest.fail("the calls never ended")


def test_a_confirmation_before_the_new_email_has_gone_out_does_not_stop_it() -> None:
    harness = acknowledged()
    keep(harness)
    reference, version = harness.referral().reference, harness.referral().version

    for each in ("", version):
        outcome = harness.acknowledging().acknowledge(reference, MORNING, version=each)
        assert (outcome, harness.state) == (Acknowledgement.UNKNOWN, ("received", ""))
    harness.recover()

    assert len(harness.mails_to(RECIPIENT)) == 2


@pytest.mark.parametrize("status", ["bounced", "suppressed", "quarantined", "filteredspam"])
@pytest.mark.parametrize("is_seen", [False, True])
def test_the_word_sent_typed_over_one_that_came_back_does_not_make_the_report_forgotten(
    is_seen: bool, status: str
) -> None:
    harness = ReferralHarness()
    reference = harness.forwarded()
    harness.report(status)
    harness.type(State="sent")
    if is_seen:
        harness.reconcile(MORNING)

    harness.acknowledging().acknowledge(reference, MORNING)
    harness.pass_days(MORNING, 60)

    assert (harness.state, len(harness.sealed.rows)) == (("attention", status), 1)


@every_row("status", ["bounced", "suppressed", "quarantined", "filteredspam"])
@every_row("word", ["erased", "what?", "attention", "sending"])
def test_no_word_typed_over_one_that_came_back_makes_the_report_forgotten(word: str, status: str) -> None:
    harness = ReferralHarness()
    reference = harness.forwarded()
    harness.report(status)
    harness.type(State=word, LastError="", AttentionOn="")
    harness.reconcile(MORNING)

    harness.acknowledging().acknowledge(reference, MORNING)
    harness.type(State="acknowledged")
    harness.pass_days(MORNING, 60)

    assert (harness.state, len(harness.sealed.rows)) == (("attention", "came-back"), 1)


def test_a_failure_that_is_reported_while_a_person_looks_is_not_forgotten() -> None:
    harness = ReferralHarness()
    reference = harness.forwarded()
    now = harness.pass_days(MORNING, 7)
    assert harness.state == ("attention", "not-acknowledged")

    harness.report("failed", now)
    harness.acknowledging().acknowledge(reference, now)
    harness.pass_days(now, 60)

    assert (harness.state[0], len(harness.sealed.rows)) == ("attention", 1)
