"""A withdrawal stands above every other state: nothing is kept, nothing more is sent, and the provider is told once."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from shared.mail.delivery_reports import DeliveryReport
from shared.referrals import transitions
from shared.referrals.collection.acknowledgement import Acknowledgement
from shared.referrals.errors import ReferralGoneError, ReferralWithdrawnError
from shared.referrals.model import NOTHING_TO_TELL, Progress, Referral, ReferralState
from shared.tables.table import StorageError
from tests.builders import MORNING, referral_request
from tests.fakes import FAULTS, Crash, InjectedFault, with_fault
from tests.unit.shared.referrals.collection.provider_desk import ProviderDesk
from tests.unit.shared.referrals.referral_system import (
    OPERATORS,
    RECIPIENT,
    SUBMISSION,
    ReferralHarness,
    mail_of,
)

TOLD = "Consent withdrawn: self-referral"
SOON, NEXT_DAY = MORNING + timedelta(minutes=10), MORNING + timedelta(days=1)


class Person(ReferralHarness):
    """Someone who sent one form, and takes it back."""

    def came(self, now: datetime = MORNING) -> str:
        return self.service().accept(referral_request(submission_id=SUBMISSION), now)

    def sent(self) -> str:
        reference = self.came()
        self.forwarder().forward(reference, MORNING)
        return reference

    def withdraw(self, reference: str, now: datetime = SOON) -> None:
        withdrawals = self.withdrawals()
        referral = withdrawals.withdraw(reference, now)
        assert referral is not None
        withdrawals.complete(referral, now)

    def referral_of(self, reference: str) -> Referral:
        found = self.repository().status(reference)
        assert found is not None
        return found

    @property
    def told(self) -> list[str]:
        """The subjects of emails to the provider that say so."""
        return [mail.subject for mail in self.mails_to(RECIPIENT) if TOLD in mail.subject]


def test_one_that_waits_to_be_sent_is_deleted_never_sent_and_nobody_is_told() -> None:
    person = Person("link")
    reference = person.came()

    person.withdraw(reference)
    person.pass_days(SOON, 20)

    assert (person.sealed.rows, person.sender.messages) == ({}, [])
    found = person.referral()
    assert (found.state, found.progress) == (ReferralState.WITHDRAWN, Progress.WITHDRAWN)
    assert (found.withdrawn_on, found.erased_on, found.told_on) == ("2023-09-01", "2023-09-01", NOTHING_TO_TELL)


@pytest.mark.parametrize("delivery", ["link", "inline"])
def test_one_that_was_sent_is_deleted_at_once_and_the_provider_told_once_by_reference(delivery: str) -> None:
    person = Person(delivery)
    reference = person.sent()

    for _ in range(2):
        person.withdraw(reference)
    person.pass_days(SOON, 30)

    [notice] = [mail for mail in person.mails_to(RECIPIENT) if TOLD in mail.subject]
    assert reference in notice.subject
    assert "Do not contact this person" in notice.text
    assert "Consider erasing" in notice.text
    assert "http" not in notice.text
    assert person.sealed.rows == {}
    assert person.state == ("withdrawn", "")
    assert [mail.subject for mail in person.sender.messages if "Reminder" in mail.subject] == []
    assert person.mails_to(OPERATORS) == []


@pytest.mark.parametrize("state", [each for each in ReferralState if each is not ReferralState.WITHDRAWN])
def test_it_stands_above_every_state_and_above_every_word_that_is_typed_over_it(state: ReferralState) -> None:
    person = Person()
    reference = person.sent()
    person.type(State=str(state), AttentionOn="2023-09-01", Hold="yes", AcknowledgedOn="2023-09-01")

    person.withdraw(reference)
    assert (person.state[0], person.sealed.rows) == ("withdrawn", {})

    person.type(State=str(state))
    assert person.referral().state is ReferralState.WITHDRAWN
    person.tick(NEXT_DAY)
    assert person.state[0] == "withdrawn"
    assert len(person.told) == 1


def test_the_word_alone_is_no_withdrawal() -> None:
    person = Person()
    person.sent()
    person.type(State="withdrawn")

    person.tick(NEXT_DAY)

    assert person.state == ("attention", "state-typed")
    assert len(person.sealed.rows) == 1


def test_a_row_that_is_saved_as_it_was_before_is_withdrawn_again_before_anyone_is_reminded() -> None:
    person = Person("link")
    reference = person.sent()
    before = person.rows[0].cells
    person.withdraw(reference)
    person.type(**{name: value for name, value in before.items() if not name.endswith("Key")})

    person.pass_days(SOON, 20)

    assert person.referral().state is ReferralState.WITHDRAWN
    assert [mail.subject for mail in person.sender.messages if "Reminder" in mail.subject] == []


@pytest.mark.parametrize("answers", ["A difficult year", "Another story"])
def test_the_same_form_sent_again_hears_that_it_was_withdrawn_and_nothing_of_it_stays(answers: str) -> None:
    person = Person()
    reference = person.sent()
    person.withdraw(reference)

    with pytest.raises(ReferralWithdrawnError) as told:
        person.service().accept(referral_request(submission_id=SUBMISSION, what_brings_you=answers), NEXT_DAY)
    person.forwarder().nudge(reference, NEXT_DAY)

    assert told.value.reference == reference
    assert person.sealed.rows == {}
    assert len(person.mails_to(RECIPIENT)) == 2
    new_form = person.service().accept(referral_request(), NEXT_DAY)
    assert new_form != reference


def test_answers_that_come_again_without_a_word_to_the_queue_are_deleted_by_the_next_look() -> None:
    person = Person()
    reference = person.sent()
    person.withdraw(reference)
    with pytest.raises(ReferralWithdrawnError):
        person.came(NEXT_DAY)

    person.orphan_recovery().run()

    assert person.sealed.rows == {}
    assert person.referral().state is ReferralState.WITHDRAWN


def test_a_copy_that_a_crash_left_and_what_was_sent_after_it_was_set_aside_go_with_it() -> None:
    person = Person("link")
    reference = person.sent()
    person.type(**transitions.set_aside(person.referral(), MORNING))
    again = person.came()
    copy = replace(person.referral_of(again), reference="copy", copy_of=reference)
    [_, (_, sealed)] = [found for each in (reference, again) if (found := person.repository().sealed(each))]
    person.repository().insert_sealed(copy, sealed)

    person.withdraw(reference)

    assert person.sealed.rows == {}
    assert {row.text("State") for row in person.rows} == {"withdrawn"}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("delivery", ["link", "inline"])
def test_no_fault_at_any_request_loses_a_withdrawal_that_was_decided(delivery: str, fault: object) -> None:
    for at in range(40):
        person, trouble = Person(delivery), InjectedFault(at, fault)  # type: ignore[arg-type]  # one of FAULTS
        reference = person.sent()
        withdrawals = person.withdrawals(with_fault(trouble))
        try:
            referral = withdrawals.withdraw(reference, SOON)
            if referral is not None:
                withdrawals.complete(referral, SOON)
        except (Crash, StorageError):
            pass
        is_decided = person.referral().state is ReferralState.WITHDRAWN
        if not is_decided:
            person.withdraw(reference)
        for minutes in (15, 20, 25):
            person.tick(MORNING + timedelta(minutes=minutes))
        assert (person.state[0], person.sealed.rows, len(person.told)) == ("withdrawn", {}, 1), f"{fault} at {at}"
        if not trouble.triggered:
            return
    raise AssertionError("more requests than were tried")


def test_an_email_that_is_under_way_as_it_is_withdrawn_changes_nothing_and_the_provider_is_told() -> None:
    person = Person()
    reference = person.came()
    referral = person.referral()
    claim = person.repository().claim(referral, mail_of(referral, referral.epoch), MORNING)
    assert claim is not None

    person.withdraw(reference)
    person.forwarder()._mark(referral, claim, transitions.sent(MORNING))

    assert person.state[0] == "withdrawn"
    assert len(person.told) == 1


def test_nothing_that_the_provider_does_at_an_old_page_changes_it() -> None:
    desk = ProviderDesk()
    [reference] = desk.come(1)
    opened = desk.enter(reference)
    referral = desk.withdrawals().withdraw(reference, SOON)
    assert referral is not None
    desk.withdrawals().complete(referral, SOON)
    recorder = desk.acknowledging()

    assert recorder.acknowledge_opened(reference, SOON) is Acknowledgement.ALREADY
    assert recorder.set_aside(reference, SOON) is Acknowledgement.ALREADY
    assert recorder.keep(reference, SOON, version="0.0") is Acknowledgement.CHANGED
    with pytest.raises(ReferralGoneError):
        desk.collector().acknowledge(desk.token(reference), opened.proof, SOON)
    with pytest.raises(ReferralGoneError):
        desk.enter(reference, SOON)
    assert desk.due(SOON) == []
    assert desk.of(reference).state is ReferralState.WITHDRAWN


@pytest.mark.parametrize("status", ["bounced", "failed", "delivered"])
def test_a_report_about_its_email_changes_nothing_any_more(status: str) -> None:
    person = Person()
    person.withdraw(person.sent())

    person.report(status, SOON)

    assert person.state == ("withdrawn", "")


@pytest.mark.parametrize("status", ["bounced", "quarantined", "failed"])
def test_a_notice_that_does_not_arrive_needs_a_person_who_tells_the_provider(
    status: str, caplog: pytest.LogCaptureFixture
) -> None:
    person = Person()
    person.withdraw(person.sent())

    person.delivery_reports().take(DeliveryReport(person.sender.operations[-1], status), SOON)
    person.tick(NEXT_DAY)

    assert person.state == ("withdrawn", f"notice-{status}")
    assert f"needs attention: delivery report {status}" in caplog.text
    [digest] = person.mails_to(OPERATORS)
    assert "Tell the provider by phone" in digest.text
    person.type(LastError="")
    person.tick(NEXT_DAY + timedelta(days=1))
    assert len(person.mails_to(OPERATORS)) == 1


def test_a_notice_that_cannot_be_sent_for_a_day_needs_a_person(caplog: pytest.LogCaptureFixture) -> None:
    person = Person()
    reference = person.sent()
    person.sender.trouble = dict.fromkeys(range(person.sender.requests, 500), "refused")
    person.withdraw(reference)
    assert person.sealed.rows == {}, "our copy goes all the same"

    person.tick(SOON)
    person.tick(NEXT_DAY)
    person.tick(NEXT_DAY + timedelta(minutes=5))

    assert person.state == ("withdrawn", "notice-not-sent")
    assert caplog.text.count("needs attention: notice-not-sent") == 1


def test_its_status_is_deleted_90_days_later() -> None:
    person = Person()
    person.withdraw(person.sent())

    person.pass_days(SOON, 89)
    assert len(person.rows) == 1
    person.pass_days(SOON + timedelta(days=89), 4)

    assert person.rows == []
    assert [key for key in person.own.rows if key[0] in {"withdrawn", "withdrawals"}] == []
