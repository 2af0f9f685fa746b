"""The provider's word that it has a referral: taken once, however often and in whatever state it is given."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from shared.referrals.collection.acknowledgement import Acknowledgement, AcknowledgementRecorder
from shared.referrals.errors import ReferralsBusyError
from shared.referrals.model import Progress, ReferralState
from shared.tables.table import StorageError
from tests.builders import MORNING
from tests.fakes import FAULTS, Crash, Fault, InjectedFault, with_fault
from tests.unit.shared.referrals.referral_system import ReferralHarness


def acknowledging(harness: ReferralHarness, trouble: InjectedFault | None = None) -> AcknowledgementRecorder:
    return AcknowledgementRecorder(harness.repository(with_fault(trouble)) if trouble else harness.repository())


def test_an_acknowledged_referral_is_marked_with_the_day_and_its_answers_are_not_touched() -> None:
    harness = ReferralHarness()
    reference = harness.forwarded()
    harness.forwarder().forward(reference, MORNING)

    assert acknowledging(harness).acknowledge(reference, MORNING) is Acknowledgement.ACKNOWLEDGED

    [row] = harness.rows
    assert (row.text("State"), row.text("AcknowledgedOn")) == ("acknowledged", "2023-09-01")
    assert len(harness.sealed.rows) == 1
    assert "T08:" not in str(dict(row.cells))


@pytest.mark.parametrize("state", [state for state in ReferralState if state not in ("acknowledged", "erased")])
def test_acknowledgement_is_accepted_in_every_open_state(state: ReferralState) -> None:
    harness = ReferralHarness()
    reference = harness.forwarded()
    [row] = harness.rows
    harness.repository().change(reference, row.etag, State=str(state))

    assert acknowledging(harness).acknowledge(reference, MORNING) is Acknowledgement.ACKNOWLEDGED
    assert [row.text("State") for row in harness.rows] == ["acknowledged"]


def never_sent(harness: ReferralHarness) -> None:
    harness.accepted()


def sent_as_a_link(harness: ReferralHarness) -> None:
    harness.delivery = "link"
    harness.forwarded()


def other_answers_after_erasure(harness: ReferralHarness) -> None:
    harness.forwarded()
    harness.type(Attempts=0, Epoch=1, State="received", SentOn="", Redriven=0)


@pytest.mark.parametrize("begin", [never_sent, sent_as_a_link, other_answers_after_erasure])
def test_what_was_not_sent_or_went_out_as_a_link_is_not_acknowledged_by_whoever_holds_a_link(
    begin: Callable[[ReferralHarness], None],
) -> None:
    harness = ReferralHarness()
    begin(harness)
    before = harness.rows

    outcome = acknowledging(harness).acknowledge(harness.referral().reference, MORNING)

    assert outcome is Acknowledgement.UNKNOWN
    assert harness.rows == before


def test_a_second_time_changes_nothing() -> None:
    harness = ReferralHarness()
    reference = harness.forwarded()
    acknowledging(harness).acknowledge(reference, MORNING)
    before = harness.rows

    assert acknowledging(harness).acknowledge(reference, MORNING + timedelta(days=3)) is Acknowledgement.ALREADY
    assert harness.rows == before


@pytest.mark.parametrize("state", ["sent", "delivered", "attention"])
def test_what_was_opened_and_not_acknowledged_is_told_as_opened(state: str) -> None:
    harness = ReferralHarness("link")
    harness.forwarded()
    harness.type(State=state, OpenedOn="2023-09-01")

    assert harness.referral().progress is Progress.OPENED


def test_a_page_about_an_earlier_email_acknowledges_nothing() -> None:
    harness = ReferralHarness()
    reference = harness.forwarded()
    version = harness.referral().version
    harness.type(Epoch=1)
    before = harness.rows

    assert acknowledging(harness).acknowledge(reference, MORNING, version=version) is Acknowledgement.CHANGED
    assert harness.rows == before


@pytest.mark.parametrize("status", ["bounced", "suppressed", "quarantined", "filteredspam"])
def test_after_an_email_that_came_back_the_day_is_noted_and_a_person_still_looks(status: str) -> None:
    harness = ReferralHarness()
    reference = harness.forwarded()
    harness.report(status)

    answers = [acknowledging(harness).acknowledge(reference, MORNING) for _ in range(2)]

    assert answers == [Acknowledgement.ACKNOWLEDGED, Acknowledgement.ALREADY]
    assert (harness.state, harness.referral().acknowledged_on) == (("attention", status), "2023-09-01")


@pytest.mark.parametrize("trouble", ["", "vault"])
def test_a_confirmation_of_an_email_that_failed_does_not_stop_the_next(trouble: str) -> None:
    harness = ReferralHarness()
    reference = harness.forwarded()
    harness.report("failed")
    harness.type(LastError="key-unavailable" if trouble else "failed")

    acknowledging(harness).acknowledge(reference, MORNING)
    assert harness.state[0] == "received"
    harness.recover()

    assert (harness.state, len(harness.sender.sent)) == (("sent", ""), 2)


def test_a_confirmation_does_not_stop_what_an_operator_sends_again_because_it_bounced() -> None:
    harness = ReferralHarness()
    reference = harness.forwarded()
    harness.report("bounced")
    harness.type(State="received")

    acknowledging(harness).acknowledge(reference, MORNING)
    harness.recover()

    assert (harness.state, len(harness.sender.sent), harness.referral().acknowledged_on) == (("sent", ""), 2, "")


def test_a_reference_that_nobody_has_is_unknown() -> None:
    assert acknowledging(ReferralHarness()).acknowledge("34679CDF", MORNING) is Acknowledgement.UNKNOWN


@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_loses_it(fault: Fault) -> None:
    for at in range(100):
        harness, trouble = ReferralHarness(), InjectedFault(at, fault)
        reference = harness.forwarded()
        try:
            answer = acknowledging(harness, trouble).acknowledge(reference, MORNING)
        except (Crash, StorageError, ReferralsBusyError):
            answer = acknowledging(harness).acknowledge(reference, MORNING)
        if not trouble.triggered:
            assert at >= 2, "both calls were broken"
            return
        assert answer in {Acknowledgement.ACKNOWLEDGED, Acknowledgement.ALREADY}
        assert [row.text("State") for row in harness.rows] == ["acknowledged"]
    pytest.fail("the calls never ended")


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("received", Progress.RECEIVED),
        ("sending", Progress.RECEIVED),
        ("sent", Progress.SENT),
        ("delivered", Progress.DELIVERED),
        ("acknowledged", Progress.CONFIRMED),
        ("attention", Progress.CONTACT),
        ("a word of somebody's", Progress.CONTACT),
        ("erased", Progress.CONTACT),
    ],
)
def test_the_person_is_told_how_far_it_is(state: str, told: Progress) -> None:
    harness = ReferralHarness()
    reference = harness.forwarded()
    [row] = harness.rows
    harness.repository().change(reference, row.etag, State=state)

    found = harness.repository().status(reference)
    assert found is not None
    assert found.progress is told


def test_what_was_acknowledged_before_it_was_erased_is_told_as_confirmed() -> None:
    harness = ReferralHarness()
    reference = harness.forwarded()
    [row] = harness.rows
    harness.repository().change(reference, row.etag, State="erased", AcknowledgedOn="2023-09-04")

    found = harness.repository().status(reference)
    assert found is not None
    assert found.progress is Progress.CONFIRMED
