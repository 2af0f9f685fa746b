"""Delivery reports: early, repeated, in any order, and never ignored while there are answers to keep."""

from datetime import UTC, timedelta
from itertools import permutations
from uuid import UUID, uuid4

import pytest

from shared.mail.delivery_reports import DeliveryReport
from shared.referrals.collection.acknowledgement import Acknowledgement
from shared.referrals.delivery.forwarder import operation_id
from shared.referrals.delivery.mailbox_health import ProviderMailbox
from shared.referrals.errors import ReferralsBusyError
from shared.referrals.model import Progress
from shared.tables.table import StorageError
from tests.builders import MORNING
from tests.every_row import every_row
from tests.fakes import FAULTS, Crash, Fault, InjectedFault, with_fault
from tests.unit.shared.referrals.referral_system import OPERATORS, ReferralHarness

FOR_A_PERSON = ["bounced", "filteredspam", "quarantined", "suppressed"]


def test_a_delivered_mail_is_written_down_with_its_day() -> None:
    harness = ReferralHarness()
    harness.forwarded()

    assert harness.report("delivered", MORNING + timedelta(days=1))

    assert harness.state == ("delivered", "")
    assert (harness.referral().sent_on, harness.referral().delivered_on) == ("2023-09-01", "2023-09-02")


def test_the_day_is_the_one_that_the_report_says_if_that_is_sound() -> None:
    for days, expected in ((-1, "2023-09-04"), (1, "2023-09-05"), (-400, "2023-09-05")):
        harness, now = ReferralHarness(), MORNING + timedelta(days=4)
        harness.forwarded()
        report = DeliveryReport(
            operation_id(harness.referral()), "delivered", (now + timedelta(days=days)).astimezone(UTC)
        )

        harness.delivery_reports().take(report, now)

        assert harness.referral().delivered_on == expected


@pytest.mark.parametrize("status", FOR_A_PERSON)
def test_undeliverable_email_needs_attention_and_keeps_the_answers(status: str) -> None:
    harness = ReferralHarness()
    harness.forwarded()

    harness.report(status)

    assert harness.state == ("attention", status)
    assert harness.referral().attention_on == "2023-09-01"
    assert len(harness.sealed.rows) == 1
    harness.pass_time(MORNING, 48)
    assert len(harness.sender.sent) == 1


@pytest.mark.parametrize("status", ["expanded", "", "a word of next year"])
def test_non_final_delivery_status_changes_nothing(status: str) -> None:
    harness = ReferralHarness()
    harness.forwarded()
    before = harness.rows

    assert harness.report(status)
    assert harness.rows == before


def test_a_failed_mail_is_sent_again_as_another_mail() -> None:
    harness = ReferralHarness()
    harness.forwarded()

    harness.report("failed")
    harness.pass_time(MORNING, 0.5)

    first, second = harness.sender.operations
    assert first != second
    assert harness.state == ("sent", "")


def test_a_mail_that_fails_again_and_again_waits_for_a_person() -> None:
    harness, now = ReferralHarness(), MORNING
    harness.forwarded()
    for _ in range(10):
        harness.report("failed", now)
        harness.pass_time(now, 1)
        now += timedelta(hours=1)

    assert len(harness.sender.sent) == 4
    assert harness.state == ("attention", "failed")
    assert len(set(harness.sender.operations)) == 4


def test_a_report_that_comes_before_the_mail_is_marked_as_sent_stands() -> None:
    harness = ReferralHarness()
    reference = harness.accepted()
    referral = harness.referral()
    sender_send = harness.sender.send

    def send_and_report(message: object, *, operation_id: object) -> None:
        sender_send(message, operation_id=operation_id)  # type: ignore[arg-type]  # passed on as it came
        harness.delivery_reports().take(DeliveryReport(operation_id, "delivered"), MORNING)  # type: ignore[arg-type]  # as above

    harness.sender.send = send_and_report  # type: ignore[method-assign]  # the report overtakes the answer
    harness.forwarder().forward(reference, MORNING)

    assert harness.state == ("delivered", "")
    assert harness.referral().sent_on == referral.received_on
    harness.recover()
    assert len(harness.sender.sent) == 1


@pytest.mark.parametrize("status", ["delivered", "failed", *FOR_A_PERSON])
def test_repeated_report_changes_nothing(status: str) -> None:
    harness = ReferralHarness()
    harness.forwarded()
    harness.report(status)
    before = harness.rows

    harness.report(status, epoch=0)

    assert harness.rows == before


@pytest.mark.parametrize("statuses", list(permutations(["delivered", "expanded", "bounced"])))
def test_bounce_needs_attention_in_whatever_order_reports_arrive(statuses: tuple[str, ...]) -> None:
    harness = ReferralHarness()
    harness.forwarded()

    for status in statuses:
        harness.report(status)

    assert harness.state == ("attention", "bounced")
    assert harness.referral().delivered_on == "2023-09-01"


@pytest.mark.parametrize("statuses", list(permutations(["delivered", "failed"])))
def test_delivered_wins_over_failed_in_whatever_order_reports_arrive(statuses: tuple[str, ...]) -> None:
    harness = ReferralHarness()
    harness.forwarded()

    for status in statuses:
        harness.report(status, epoch=0)
    harness.recover()

    assert harness.state == ("delivered", "")
    assert len(harness.sender.sent) == 1


def test_a_late_report_of_an_earlier_mail_stops_no_later_one() -> None:
    harness = ReferralHarness()
    harness.forwarded()
    harness.report("failed")
    harness.pass_time(MORNING, 0.5)
    before = harness.rows

    for status in ("failed", *FOR_A_PERSON):
        harness.report(status, epoch=0)

    assert harness.rows == before


@pytest.mark.parametrize("status", ["failed", *FOR_A_PERSON])
@pytest.mark.parametrize("days", [0, 2])
def test_with_the_answers_in_the_email_a_bad_report_after_an_acknowledgement_needs_a_person(
    days: int, status: str
) -> None:
    harness = ReferralHarness()
    harness.acknowledging().acknowledge(harness.forwarded(), MORNING)
    now = harness.pass_days(MORNING, days)

    harness.report(status, now)

    assert harness.state == ("attention", status)
    assert harness.referral().progress is Progress.CONTACT
    harness.pass_days(now, 60)
    assert (len(harness.sealed.rows), harness.state[0]) == (1, "attention")


def test_of_what_was_acknowledged_the_delivery_is_written_down() -> None:
    harness = ReferralHarness()
    harness.acknowledging().acknowledge(harness.forwarded(), MORNING)

    for _ in range(2):
        harness.report("delivered", MORNING + timedelta(days=1))

    assert harness.state == ("acknowledged", "")
    assert (harness.referral().acknowledged_on, harness.referral().delivered_on) == ("2023-09-01", "2023-09-02")


@every_row("status", FOR_A_PERSON)
@every_row("acts", list(permutations(["acknowledged", "delivered", "bad"])))
def test_acknowledged_delivered_and_undeliverable_in_whatever_order_need_a_person(
    acts: tuple[str, ...], status: str
) -> None:
    harness = ReferralHarness()
    reference = harness.forwarded()

    for act in acts:
        if act == "acknowledged":
            assert harness.acknowledging().acknowledge(reference, MORNING) is Acknowledgement.ACKNOWLEDGED
        else:
            harness.report(status if act == "bad" else act)

    assert harness.state == ("attention", status)
    assert (harness.referral().acknowledged_on, harness.referral().delivered_on) == ("2023-09-01", "2023-09-01")
    harness.pass_days(MORNING, 60)
    assert len(harness.sealed.rows) == 1


@pytest.mark.parametrize("acts", list(permutations(["acknowledged", "delivered", "failed"])))
def test_acknowledged_and_delivered_win_over_failed_in_whatever_order(acts: tuple[str, ...]) -> None:
    harness = ReferralHarness()
    reference = harness.forwarded()

    for act in acts:
        if act == "acknowledged":
            harness.acknowledging().acknowledge(reference, MORNING)
        else:
            harness.report(act, epoch=0)

    assert harness.state == ("acknowledged", "")
    assert harness.referral().delivered_on == "2023-09-01"


@pytest.mark.parametrize("status", ["failed", *FOR_A_PERSON])
def test_of_a_link_that_was_opened_a_bad_report_concerns_the_mailbox_only(status: str) -> None:
    for act in ("open", "acknowledge"):
        harness = ReferralHarness("link")
        reference = harness.forwarded()
        if act == "open":
            harness.type(OpenedOn="2023-09-01")
        else:
            harness.acknowledging().acknowledge_opened(reference, MORNING)
        before = harness.rows

        harness.report(status)

        assert harness.rows == before
        assert (harness.own.rows != {}) == (status in {"bounced", "suppressed"})
        if act == "acknowledge":
            harness.pass_days(MORNING, 5)
            assert (harness.state[0], harness.sealed.rows) == ("erased", {})


@pytest.mark.parametrize("status", ["failed", *FOR_A_PERSON])
def test_of_a_link_that_nobody_opened_the_word_typed_by_hand_hides_no_bad_report(status: str) -> None:
    harness = ReferralHarness("link")
    harness.forwarded()
    harness.type(State="acknowledged", AcknowledgedOn="2023-09-01")

    harness.report(status)

    assert harness.state == ("attention", status)


@pytest.mark.parametrize("status", ["failed", *FOR_A_PERSON])
def test_what_is_erased_is_reported_on_in_vain(status: str) -> None:
    harness = ReferralHarness()
    reference = harness.forwarded()
    harness.report("delivered")
    harness.acknowledging().acknowledge(reference, MORNING)
    now = harness.pass_days(MORNING, 5)
    before = harness.rows

    harness.report(status, now)

    assert (harness.state[0], harness.rows) == ("erased", before)


@pytest.mark.parametrize("status", FOR_A_PERSON)
def test_a_reminder_that_comes_back_after_an_acknowledgement_needs_a_person(status: str) -> None:
    harness = ReferralHarness()
    reference = harness.forwarded()
    now = harness.pass_days(MORNING, 5)
    [reminder] = [UUID(row.partition) for row in harness.mail.rows.values() if row.text("Session") == "reminders"]
    harness.acknowledging().acknowledge(reference, now)

    harness.delivery_reports().take(DeliveryReport(reminder, status), now)

    assert harness.state == ("attention", f"reminder-{status}")
    assert len(harness.sealed.rows) == 1


def test_a_report_does_not_take_back_what_someone_typed() -> None:
    harness = ReferralHarness()
    harness.forwarded()
    harness.type(State="received")

    for status in ("delivered", "bounced", "failed"):
        harness.report(status)

    assert harness.state == ("received", "")


def test_an_email_to_the_operators_that_comes_back_is_an_error_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    harness = ReferralHarness()
    harness.forwarded()
    harness.report("bounced")
    harness.reconcile(MORNING)
    [operation] = [
        UUID(str(each))
        for each, sent in zip(harness.sender.operations, harness.sender.messages, strict=True)
        if sent.to == OPERATORS
    ]
    caplog.clear()

    assert harness.delivery_reports().take(DeliveryReport(operation, "delivered"), MORNING)
    assert caplog.messages == []
    assert harness.delivery_reports().take(DeliveryReport(operation, "bounced"), MORNING)
    assert caplog.messages == ["email to the operators was not delivered: bounced"]


def test_report_for_an_unknown_email_is_ignored() -> None:
    harness = ReferralHarness()
    harness.forwarded()

    assert not harness.delivery_reports().take(DeliveryReport(uuid4(), "bounced"), MORNING)
    assert harness.state == ("sent", "")


@pytest.mark.parametrize("status", ["bounced", "suppressed"])
def test_two_bounced_referrals_mark_the_mailbox_failing_until_one_is_delivered(
    status: str,
) -> None:
    harnesses = [ReferralHarness() for _ in range(3)]
    for harness in harnesses:
        harness.own = harnesses[0].own
        harness.forwarded()

    harnesses[0].report(status)
    harnesses[0].report(status)
    assert not ProviderMailbox(harnesses[0].own).is_failing(MORNING)
    harnesses[1].report(status)
    assert ProviderMailbox(harnesses[0].own).is_failing(MORNING)
    harnesses[2].report("delivered")
    assert not ProviderMailbox(harnesses[0].own).is_failing(MORNING)


@every_row("fault", FAULTS)
@every_row("status", ["delivered", "failed", "bounced"])
def test_no_fault_loses_a_report_that_is_posted_again(status: str, fault: Fault) -> None:
    for at in range(100):
        harness, trouble = ReferralHarness(), InjectedFault(at, fault)
        harness.forwarded()
        report = DeliveryReport(operation_id(harness.referral()), status)
        try:
            harness.delivery_reports(with_fault(trouble)).take(report, MORNING)
        except (Crash, StorageError, ReferralsBusyError):
            harness.delivery_reports().take(report, MORNING)
        if not trouble.triggered:
            assert at >= 3, "the index, the status and the change were broken"
            return
        expected = {"delivered": "delivered", "failed": "received", "bounced": "attention"}[status]
        assert harness.state[0] == expected, f"call {at}"
    pytest.fail("the calls never ended")


def test_what_was_confirmed_while_a_failed_email_is_sent_again_stays_confirmed_when_it_is_delivered() -> None:
    harness = ReferralHarness()
    reference = harness.forwarded()
    harness.report("failed")
    harness.acknowledging().acknowledge(reference, MORNING)

    harness.report("delivered", epoch=0)
    harness.reconcile(MORNING + timedelta(minutes=5))

    assert (harness.state, harness.referral().sent_on) == (("acknowledged", ""), "2023-09-01")
