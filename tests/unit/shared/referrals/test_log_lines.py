"""A whole life of referrals in the log: nothing that goes its way is named, and what needs a person is."""

import logging
from datetime import timedelta

import pytest

from tests.builders import MORNING, referral_request
from tests.fakes import InjectedFault, with_fault
from tests.unit.shared.referrals.referral_system import ReferralHarness

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture(autouse=True)
def _everything_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)


def named(caplog: pytest.LogCaptureFixture, reference: str) -> list[str]:
    return [each.getMessage() for each in caplog.records if reference in each.getMessage()]


def test_one_that_arrives_is_never_named(caplog: pytest.LogCaptureFixture) -> None:
    harness = ReferralHarness()
    reference = harness.forwarded()
    harness.report("delivered")
    harness.pass_days(MORNING, 4)
    harness.acknowledging().acknowledge(reference, MORNING + 5 * DAY)
    harness.pass_days(MORNING + 5 * DAY, 100)

    assert harness.status.rows == {}
    assert named(caplog, reference) == []
    assert {"a referral is sent ", "a referral was acknowledged by the provider", "a referral was erased"} <= {
        each.getMessage() for each in caplog.records
    }


def test_one_whose_status_was_lost_or_deleted_or_typed_over_is_never_named(caplog: pytest.LogCaptureFixture) -> None:
    harness = ReferralHarness()
    trouble = InjectedFault(1, "lost-request")
    reference = harness.service(with_fault(trouble)).accept(referral_request(), MORNING)
    assert trouble.triggered
    harness.orphan_recovery().run()
    harness.recover()
    harness.type(State="received")
    harness.pass_time(MORNING + HOUR, 1)
    harness.type(State="delivered", DeliveredOn="")
    harness.reconcile(MORNING + 3 * HOUR)

    assert len(harness.sender.messages) == 2
    assert named(caplog, reference) == []


def test_those_that_are_late_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    harness = ReferralHarness()
    references = [
        harness.service().accept(referral_request(submission_id=f"submission-{number:010}"), MORNING)
        for number in range(3)
    ]
    for minutes in range(5, 300, 5):
        harness.reconcile(MORNING + timedelta(minutes=minutes))

    late = [each.getMessage() for each in caplog.records if each.levelno == logging.ERROR]
    assert late == ["referrals waiting over 1 h to be sent: 3", "referrals waiting over 4 h to be sent: 3"]
    assert not any(named(caplog, each) for each in references)


def test_an_alarm_that_could_not_be_noted_is_raised_again(caplog: pytest.LogCaptureFixture) -> None:
    harness = ReferralHarness()
    harness.accepted()
    harness.reconcile(MORNING)
    harness.reconcile(MORNING + HOUR, with_fault(InjectedFault(1, "lost-request")))
    harness.reconcile(MORNING + HOUR + timedelta(minutes=5))
    harness.reconcile(MORNING + HOUR + timedelta(minutes=10))

    assert caplog.text.count("waiting over 1 h to be sent: 1") == 2


@pytest.mark.parametrize("status", ["bounced", "quarantined", "suppressed", "filteredspam"])
def test_one_that_needs_a_person_is_named_in_an_error(status: str, caplog: pytest.LogCaptureFixture) -> None:
    harness = ReferralHarness()
    reference = harness.forwarded()
    harness.report(status)

    assert named(caplog, reference) == [f"referral {reference} needs attention: delivery report {status}"]
    assert [each.levelno for each in caplog.records if reference in each.getMessage()] == [logging.ERROR]
