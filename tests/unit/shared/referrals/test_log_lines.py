"""A whole life of referrals in the log: nothing that goes its way is named, and what needs a person is."""

import contextlib
import logging
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from shared.mail.message import EmailMessage
from shared.referrals.delivery.provider_emails import ProviderEmails
from shared.referrals.model import Referral
from shared.tables.table import StorageError
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


def test_one_that_nobody_collects_is_named_when_it_needs_a_person_and_not_when_it_is_erased(
    caplog: pytest.LogCaptureFixture,
) -> None:
    harness = ReferralHarness("link")
    reference = harness.forwarded()
    harness.pass_days(MORNING, 200)

    assert harness.rows == [], "erased after 90 days, and forgotten after 90 more"
    assert named(caplog, reference) == [f"referral {reference} needs attention: not acknowledged by the provider"]
    assert caplog.text.count("a referral is erased: nobody collected it") == 1


def test_one_whose_email_cannot_be_composed_is_named_after_five_days_when_a_person_has_to_look(
    caplog: pytest.LogCaptureFixture,
) -> None:
    harness = ReferralHarness()
    reference = harness.accepted()

    class Broken(ProviderEmails):
        def referral(self, referral: Referral, answers: bytes, now: datetime) -> EmailMessage:
            raise KeyError(referral.reference)

    writer = Broken(**{name: getattr(harness.writer(), name) for name in ProviderEmails.__dataclass_fields__})
    for days in range(6):
        harness.forwarder().record_failure(reference, MORNING + days * DAY)
        harness.type(NotBefore="")
        replace(harness.forwarder(), writer=writer).forward(reference, MORNING + days * DAY)

    assert "composing the email of a referral failed: KeyError" in caplog.text
    assert "a referral could not be processed" in caplog.text
    assert named(caplog, reference) == [f"referral {reference} needs attention: not-sent-handling-failed"]


def test_one_that_storage_gives_no_answer_about_is_not_named(caplog: pytest.LogCaptureFixture) -> None:
    for number in range(40):
        harness, trouble = ReferralHarness(), InjectedFault(number, "lost-request")
        reference = harness.forwarded()
        harness.report("delivered")
        harness.acknowledging().acknowledge(reference, MORNING)
        now = harness.pass_days(MORNING, 4)
        with contextlib.suppress(StorageError):
            harness.reconcile(now + DAY, with_fault(trouble))

        assert named(caplog, reference) == [], f"call {number}"
    assert "referral run: a referral failed: StorageUnavailableError" in caplog.text
