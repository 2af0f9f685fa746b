"""A referral that the provider set aside as not genuine: kept and erased as a confirmed one, and never called one."""

import contextlib
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from shared.mail.delivery_reports import DeliveryReport
from shared.referrals import transitions
from shared.referrals.collection.acknowledgement import Acknowledgement
from shared.referrals.errors import ReferralsBusyError
from shared.referrals.follow_up.operator_digest import in_words
from shared.referrals.model import NOT_GENUINE, Progress, ReferralState
from shared.tables.table import StorageError
from tests.builders import MORNING, referral_request
from tests.every_row import every_row
from tests.fakes import FAULTS, Crash, Fault, InjectedFault, with_fault
from tests.unit.shared.referrals.referral_system import OPERATORS, RECIPIENT, SUBMISSION, ReferralHarness, mail_of

DAY = timedelta(days=1)
ASIDE = ("acknowledged", NOT_GENUINE)


@pytest.fixture
def harness() -> ReferralHarness:
    """One that was sent as a link on a Friday, opened and set aside."""
    return set_aside(ReferralHarness("link"))


def set_aside(harness: ReferralHarness, now: datetime = MORNING) -> ReferralHarness:
    reference = harness.service().accept(referral_request(submission_id=SUBMISSION), now)
    harness.forwarder().forward(reference, now)
    assert harness.acknowledging().set_aside(reference, now) is Acknowledgement.SET_ASIDE
    assert harness.state == ASIDE
    return harness


def keep(harness: ReferralHarness, now: datetime) -> Acknowledgement:
    referral = harness.referral()
    return harness.acknowledging().keep(referral.reference, now, version=referral.version)


def test_the_row_says_the_day_and_the_reason_and_the_answers_stay(harness: ReferralHarness) -> None:
    referral = harness.referral()

    assert (referral.acknowledged_on, referral.opened_on) == ("2023-09-01", "2023-09-01")
    assert len(harness.sealed.rows) == 1
    assert referral.progress is Progress.CONTACT


def test_it_is_erased_after_the_same_days_as_a_confirmed_one_and_never_reads_confirmed(
    harness: ReferralHarness,
) -> None:
    now = harness.pass_days(MORNING, 4)
    assert (len(harness.sealed.rows), harness.state) == (1, ASIDE)

    harness.reconcile(now + DAY)

    assert (harness.sealed.rows, harness.state) == ({}, ("erased", NOT_GENUINE))
    assert harness.referral().progress is Progress.CONTACT
    harness.pass_days(now + DAY, 100)
    assert harness.status.rows == {}


def test_nobody_is_reminded_of_it_and_no_operator_is_told(harness: ReferralHarness) -> None:
    sent = len(harness.sender.messages)

    harness.pass_days(MORNING, 40)

    assert len(harness.sender.messages) == sent
    assert harness.mails_to(OPERATORS) == []


def test_the_timer_leaves_it_as_it_is_although_there_is_a_reason_in_the_row(harness: ReferralHarness) -> None:
    before = harness.rows

    harness.reconcile(MORNING)

    assert harness.rows == before


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("at", range(9))
def test_an_erasure_that_breaks_is_finished_with_the_reason(at: int, fault: Fault, harness: ReferralHarness) -> None:
    trouble = InjectedFault(at, fault)
    referral = harness.referral()
    try:
        eraser = harness.eraser(with_fault(trouble))
        eraser.erase(referral, MORNING + 5 * DAY, transitions.reason_of_erasure(referral))
    except (Crash, Exception):  # noqa: BLE001  # whatever the fault makes of it
        assert trouble.triggered
    assert harness.referral().progress is Progress.CONTACT

    harness.pass_days(MORNING + 5 * DAY, 4)

    assert (harness.sealed.rows, harness.state) == ({}, ("erased", NOT_GENUINE))


def test_keep_it_sends_it_again_once_and_the_second_time_a_person_looks(harness: ReferralHarness) -> None:
    assert keep(harness, MORNING + DAY) is Acknowledgement.KEPT
    assert harness.referral().progress is Progress.RECEIVED
    assert (harness.referral().opened_on, harness.referral().acknowledged_on) == ("", "")
    harness.tick(MORNING + DAY)
    assert harness.state == ("sent", "")
    assert len(harness.mails_to(RECIPIENT)) == 2

    harness.acknowledging().set_aside(harness.referral().reference, MORNING + DAY)
    assert keep(harness, MORNING + DAY) is Acknowledgement.KEPT

    assert harness.state == ("attention", "kept-again")
    assert len(harness.sealed.rows) == 1


def test_once_the_deletion_has_begun_it_cannot_be_kept(harness: ReferralHarness) -> None:
    harness.type(ErasedOn="2023-09-06")

    assert keep(harness, MORNING + 5 * DAY) is Acknowledgement.CHANGED


def test_of_a_colleague_who_confirms_and_one_who_sets_aside_who_has_saved_it_is_heard(
    harness: ReferralHarness,
) -> None:
    """In either order: only who has it can know that it is genuine, and the person then reads what is true."""
    reference = harness.referral().reference
    before = harness.rows
    assert harness.acknowledging().set_aside(reference, MORNING + DAY) is Acknowledgement.ALREADY
    assert harness.rows == before
    assert harness.acknowledging().acknowledge_opened(reference, MORNING + DAY) is Acknowledgement.ACKNOWLEDGED
    assert harness.state == ("acknowledged", "")
    assert (harness.referral().acknowledged_on, harness.referral().progress) == ("2023-09-02", Progress.CONFIRMED)
    before = harness.rows
    assert harness.acknowledging().acknowledge_opened(reference, MORNING + DAY) is Acknowledgement.ALREADY
    assert harness.acknowledging().set_aside(reference, MORNING + DAY) is Acknowledgement.ALREADY
    assert harness.rows == before

    other = ReferralHarness("link")
    reference = other.forwarded()
    other.acknowledging().acknowledge_opened(reference, MORNING)
    assert other.acknowledging().set_aside(reference, MORNING) is Acknowledgement.ALREADY
    assert other.state == ("acknowledged", "")


def test_a_confirmation_comes_too_late_once_the_deletion_has_begun(harness: ReferralHarness) -> None:
    harness.type(ErasedOn="2023-09-06")

    reference = harness.referral().reference
    assert harness.acknowledging().acknowledge_opened(reference, MORNING + 5 * DAY) is Acknowledgement.ALREADY
    assert harness.state == ASIDE


def test_an_operator_confirms_one_by_emptying_the_reason(harness: ReferralHarness) -> None:
    harness.type(State="acknowledged")
    harness.reconcile(MORNING)
    assert harness.state == ASIDE, "the word is there already"

    harness.type(LastError="")
    harness.reconcile(MORNING)

    assert harness.state == ("acknowledged", "")
    assert harness.referral().progress is Progress.CONFIRMED


@pytest.mark.parametrize("status", ["bounced", "suppressed", "quarantined", "filteredspam", "failed", "delivered"])
@pytest.mark.parametrize("delivery", ["link", "inline"])
def test_no_late_report_undoes_it(status: str, delivery: str, harness: ReferralHarness) -> None:
    harness.type(Delivery=delivery)  # sent again with the answers in the email, and opened by the link of before

    before = harness.rows
    harness.report(status, MORNING + DAY)

    assert harness.rows == before
    assert harness.state == ASIDE
    harness.pass_days(MORNING, 5)
    assert harness.state == ("erased", NOT_GENUINE)


def test_a_reminder_that_comes_back_does_not_undo_it() -> None:
    harness = ReferralHarness("link")
    harness.forwarded()
    harness.pass_days(MORNING, 6)
    assert harness.referral().warned == 1
    harness.acknowledging().set_aside(harness.referral().reference, MORNING + 6 * DAY)
    reminder = harness.sender.operations[-1]

    harness.delivery_reports().take(DeliveryReport(reminder, "bounced"), MORNING + 6 * DAY)

    assert harness.state == ASIDE
    assert reminder != mail_of(harness.referral(), 0)


@pytest.mark.parametrize("word", ["sent", "delivered"])
def test_a_word_that_is_typed_over_it_counts_and_the_reason_goes(word: str, harness: ReferralHarness) -> None:
    harness.type(State=word)
    harness.reconcile(MORNING)
    harness.reconcile(MORNING)

    assert harness.state == (word, "")
    assert harness.referral().acknowledged_on == ""
    assert harness.referral().progress is Progress.OPENED
    harness.acknowledging().acknowledge_opened(harness.referral().reference, MORNING)
    assert harness.referral().progress is Progress.CONFIRMED


@pytest.mark.parametrize("word", ["attention", "erased", "what?"])
def test_any_other_word_makes_a_person_look(word: str, harness: ReferralHarness) -> None:
    harness.type(State=word, AttentionOn="2023-08-01")
    harness.reconcile(MORNING)

    assert harness.state == ("attention", "state-typed")
    assert len(harness.sealed.rows) == 1
    harness.reconcile(MORNING + DAY)
    told = harness.mails_to(OPERATORS)
    assert told
    assert not any("confirmed" in mail.text for mail in told)


@pytest.mark.parametrize("error", [NOT_GENUINE, "state-typed", "kept-again"])
def test_the_digest_never_says_that_one_that_was_set_aside_was_confirmed(error: str, harness: ReferralHarness) -> None:
    harness.type(State="attention", AttentionOn="2023-09-04")
    referral = replace(harness.referral(), last_error=error)

    said = in_words(referral)
    assert ("The provider confirmed it on" in said) == (error != NOT_GENUINE)
    assert ("The provider set it aside as not genuine on Friday 1 September 2023." in said) == (error == NOT_GENUINE)
    assert "See what LastError says" not in said


def test_received_that_is_typed_over_it_sends_it_again(harness: ReferralHarness) -> None:
    harness.type(State="received")
    harness.tick(MORNING)

    assert harness.state == ("sent", "")
    assert (harness.referral().opened_on, harness.referral().acknowledged_on) == ("", "")


def test_the_same_form_that_is_sent_again_after_its_erasure_goes_to_the_provider_again(
    harness: ReferralHarness,
) -> None:
    now = harness.pass_days(MORNING, 5)
    assert harness.sealed.rows == {}
    harness.service().accept(referral_request(submission_id=SUBMISSION), now)

    harness.orphan_recovery().run()

    assert harness.referral().state is ReferralState.RECEIVED
    assert len(harness.sealed.rows) == 1
    harness.tick(now)
    assert harness.state == ("sent", "")


@pytest.mark.parametrize("story", ["", "I mean it."])
def test_the_same_form_that_is_sent_again_before_its_erasure_is_a_referral_of_its_own(
    story: str, harness: ReferralHarness
) -> None:
    first = harness.referral().reference
    again = referral_request(submission_id=SUBMISSION, **({"what_brings_you": story} if story else {}))

    reference = harness.service().accept(again, MORNING + DAY)
    assert reference != first
    assert harness.service().accept(again, MORNING + DAY) == reference
    harness.orphan_recovery().run()
    harness.tick(MORNING + DAY)

    assert len(harness.mails_to(RECIPIENT)) == 2
    states = {row.key: (row.text("State"), row.text("LastError")) for row in harness.rows}
    assert states == {first: ASIDE, reference: ("sent", "")}
    harness.pass_days(MORNING + DAY, 8)
    assert [row.key for row in harness.sealed.rows.values()] == [reference]


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("at", range(6))
def test_no_fault_in_sending_it_again_loses_or_doubles_it(at: int, fault: Fault, harness: ReferralHarness) -> None:
    again = referral_request(submission_id=SUBMISSION)
    with contextlib.suppress(Crash, ReferralsBusyError, StorageError):
        harness.service(with_fault(InjectedFault(at, fault))).accept(again, MORNING + DAY)

    reference = harness.service().accept(again, MORNING + DAY)
    for _ in range(2):
        harness.orphan_recovery().run()
        harness.tick(MORNING + DAY)

    assert len(harness.mails_to(RECIPIENT)) == 2
    assert len(harness.rows) == len(harness.sealed.rows) == 2
    assert harness.repository().status(reference) is not None


def test_a_copy_of_one_that_was_set_aside_is_not_deleted_as_its_repetition(harness: ReferralHarness) -> None:
    """Its first row, of the second sending, was damaged: the answers of before are there, and go nowhere."""
    first = harness.referral().reference
    again = referral_request(submission_id=SUBMISSION)
    with contextlib.suppress(Crash):
        harness.service(with_fault(InjectedFault(2, "crash-after"))).accept(again, MORNING + DAY)
    [orphan] = [row for row in harness.sealed.rows.values() if row.key != first]
    harness.sealed.merge({"PartitionKey": "referrals", "RowKey": orphan.key, "Sealed": b"forged"}, orphan.etag)
    harness.service().accept(again, MORNING + DAY)

    harness.orphan_recovery().run()
    harness.tick(MORNING + DAY)

    assert len(harness.mails_to(RECIPIENT)) == 2


def test_one_that_is_set_aside_again_and_again_is_taken_for_as_long_as_there_are_references(
    harness: ReferralHarness,
) -> None:
    again, given = referral_request(submission_id=SUBMISSION), {harness.referral().reference}
    for _ in range(4):
        reference = harness.service().accept(again, MORNING)
        assert reference not in given
        given.add(reference)
        harness.forwarder().forward(reference, MORNING)
        harness.acknowledging().set_aside(reference, MORNING)
    with pytest.raises(ReferralsBusyError):
        harness.service().accept(again, MORNING)

    now = harness.pass_days(MORNING, 8)
    assert harness.service().accept(again, now) in given


def forward(harness: ReferralHarness, now: datetime) -> None:
    """The queue names it before the timer does."""
    harness.forwarder().forward(harness.referral().reference, now)


WORDS = ["received", "sending", "sent", "delivered", "acknowledged", "attention", "erased", "what?"]


@pytest.mark.parametrize("handles", [ReferralHarness.tick, forward])
@pytest.mark.parametrize("word", WORDS)
def test_no_word_that_is_typed_over_an_erased_one_makes_it_confirmed(
    word: str, handles: Callable[[ReferralHarness, datetime], None], harness: ReferralHarness
) -> None:
    now = harness.pass_days(MORNING, 5)
    harness.type(State=word)

    handles(harness, now)
    assert harness.referral().progress is Progress.CONTACT
    harness.tick(now)

    assert harness.state == ("erased", NOT_GENUINE)
    assert harness.referral().progress is Progress.CONTACT
    assert len(harness.mails_to(RECIPIENT)) == 1


@pytest.mark.parametrize("report", ["delivered", "bounced", "failed"])
@pytest.mark.parametrize("word", WORDS)
def test_no_report_between_a_word_and_the_next_run_makes_it_confirmed(
    word: str, report: str, harness: ReferralHarness
) -> None:
    now = harness.pass_days(MORNING, 5)
    harness.type(State=word)
    harness.report(report, now)
    harness.tick(now)

    assert harness.state == ("erased", NOT_GENUINE)


@pytest.mark.parametrize("word", WORDS)
def test_the_same_form_that_is_sent_again_after_a_word_was_typed_goes_to_the_provider(
    word: str, harness: ReferralHarness
) -> None:
    now = harness.pass_days(MORNING, 5)
    harness.type(State=word)
    harness.tick(now)
    harness.service().accept(referral_request(submission_id=SUBMISSION), now)

    harness.orphan_recovery().run()
    harness.tick(now)

    assert harness.state == ("sent", "")
    assert len(harness.mails_to(RECIPIENT)) == 2


@pytest.mark.parametrize("recovers_first", [True, False])
@pytest.mark.parametrize("word", WORDS)
def test_so_it_does_if_it_came_before_the_run_that_completes_the_row(
    word: str, recovers_first: bool, harness: ReferralHarness
) -> None:
    now = harness.pass_days(MORNING, 5)
    harness.type(State=word)
    harness.service().accept(referral_request(submission_id=SUBMISSION), now)

    for _ in range(2):
        if recovers_first:
            harness.orphan_recovery().run()
        harness.tick(now)
        harness.orphan_recovery().run()

    harness.tick(now)
    assert harness.state == ("sent", "")
    assert len(harness.mails_to(RECIPIENT)) == 2


def test_a_confirmed_one_that_someone_wants_sent_again_after_its_erasure_says_why_nothing_happens(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The provider does not have it after all: it reads confirmed no more, and the same form goes to them again."""
    harness = ReferralHarness("link")
    reference = harness.service().accept(referral_request(submission_id=SUBMISSION), MORNING)
    harness.forwarder().forward(reference, MORNING)
    harness.acknowledging().acknowledge_opened(reference, MORNING)
    now = harness.pass_days(MORNING, 5)
    assert harness.state == ("erased", "")
    day = harness.referral().erased_on
    harness.type(State="received")
    caplog.clear()

    harness.tick(now)

    assert harness.state == ("erased", "nothing-left")
    assert (harness.referral().erased_on, harness.referral().progress) == (day, Progress.CONTACT)
    assert [each.getMessage() for each in caplog.records if each.levelno >= logging.WARNING] == [
        "a referral was to be sent again, and none of its answers is left"
    ]
    harness.service().accept(referral_request(submission_id=SUBMISSION), now)
    harness.orphan_recovery().run()
    harness.tick(now)
    assert harness.state == ("sent", "")


@every_row("fault", FAULTS)
@every_row("at", range(4))
def test_no_fault_loses_or_doubles_it(at: int, fault: Fault) -> None:
    harness = ReferralHarness("link")
    reference = harness.forwarded()
    trouble = InjectedFault(at, fault)
    try:
        outcome = harness.acknowledging(with_fault(trouble)).set_aside(reference, MORNING)
        assert outcome in {Acknowledgement.SET_ASIDE, Acknowledgement.ALREADY}
    except (Crash, Exception):  # noqa: BLE001  # whatever the fault makes of it
        assert trouble.triggered
        harness.acknowledging().set_aside(reference, MORNING)

    assert harness.state == ASIDE
    assert len(harness.sealed.rows) == 1
