"""Reminders to the provider, attention of a person, a daily email to the operators, and alarms in the log."""

import contextlib
import logging
import re
from datetime import timedelta
from uuid import UUID

import pytest

from shared.mail.delivery_reports import DeliveryReport
from shared.mail.message import EmailMessage
from shared.referrals.delivery.forwarder import operation_id
from shared.tables.table import StorageError
from tests.builders import MORNING, referral_request
from tests.fakes import Crash, Fault, InjectedFault, with_fault
from tests.fault_at_any_call import EVERY_FAULT
from tests.unit.shared.referrals.referral_system import LINKS, OPERATORS, RECIPIENT, ReferralHarness
from tests.unit.shared.referrals.retention.test_erasure import delivered

DAY = timedelta(days=1)
MINUTES = timedelta(minutes=5)


def reminders(harness: ReferralHarness) -> list[EmailMessage]:
    return [message for message in harness.mails_to(RECIPIENT) if message.subject.startswith("Reminder")]


def test_after_three_weekdays_the_provider_is_reminded_by_reference_alone() -> None:
    harness = delivered()  # on a Friday

    harness.pass_days(MORNING, 4)
    assert reminders(harness) == []

    harness.pass_days(MORNING + 4 * DAY, 1)
    [mail] = reminders(harness)
    assert mail.subject == f"Reminder: self-referral {harness.referral().reference}"
    assert "Friday 1 September 2023" in mail.text
    for answer in ("Zoë", "zoe@home.example", "A difficult year", "English"):
        assert answer not in mail.text + mail.html


@pytest.mark.parametrize("delivery", ["inline", "link"])
def test_a_reminder_carries_a_link_of_its_own_day(delivery: str) -> None:
    harness = ReferralHarness(delivery)
    harness.forwarded()
    now = harness.pass_days(MORNING, 5)

    links, page = [], "acknowledge" if delivery == "inline" else "collect"
    read = LINKS.acknowledge_link if delivery == "inline" else LINKS.collect_link
    for message in harness.mails_to(RECIPIENT):
        links += [read(token) for token in re.findall(rf"https://collect.example/{page}/([\w-]+)", message.text)]

    assert [link.sent_on for link in links] == ["2023-09-01", "2023-09-06"]
    late = now + timedelta(days=58)
    assert [link.is_expired(late) for link in links] == [True, False]


def test_unacknowledged_referral_needs_attention_after_five_weekdays(caplog: pytest.LogCaptureFixture) -> None:
    harness = delivered()

    harness.pass_days(MORNING, 6)
    assert harness.state[0] == "delivered"

    harness.pass_days(MORNING + 6 * DAY, 1)
    assert harness.state == ("attention", "not-acknowledged")
    assert any(r.levelno == logging.ERROR and harness.referral().reference in r.getMessage() for r in caplog.records)


def test_a_mail_that_was_never_reported_on_is_reminded_of_too() -> None:
    harness = ReferralHarness()
    harness.forwarded()

    harness.pass_days(MORNING, 7)

    assert len(reminders(harness)) == 1
    assert harness.state == ("attention", "not-acknowledged")


def test_who_acknowledged_is_left_alone() -> None:
    harness = delivered()
    harness.acknowledging().acknowledge(harness.referral().reference, MORNING)

    harness.pass_days(MORNING, 40)

    assert len(harness.sender.sent) == 1


def test_the_second_reminder_says_on_which_day_our_copy_is_deleted() -> None:
    harness = delivered()

    harness.pass_days(MORNING, 40)

    first, second = reminders(harness)
    assert "delete" not in first.text
    assert "we delete our copy on Sunday 1 October 2023" in second.text
    assert OPERATORS in second.text


def test_in_link_mode_the_reminder_leads_to_the_answers_and_nothing_is_deleted() -> None:
    harness = ReferralHarness("link")
    harness.forwarded()
    harness.report("delivered")

    harness.pass_days(MORNING, 60)

    [mail] = reminders(harness)
    assert "https://collect.example/collect/" in mail.text
    assert "acknowledge" not in mail.text
    assert len(harness.sealed.rows) == 1


def several(number: int = 3) -> ReferralHarness:
    """So many that were forwarded on a Friday and of which no report came."""
    harness = ReferralHarness()
    for _ in range(number):
        harness.forwarded()
    return harness


def test_reminders_are_one_email_a_working_day_that_names_each() -> None:
    harness = several()

    harness.pass_days(MORNING, 5)

    [mail] = reminders(harness)
    assert mail.subject == "Reminder: 3 self-referrals"
    for row in harness.rows:
        assert mail.text.count(f"{row.key}, sent on Friday 1 September 2023.") == 1
        assert row.integer("Warned") == 1
    assert mail.text.count("https://collect.example/acknowledge/") == 3
    for answer in ("Zoë", "zoe@home.example", "A difficult year", "English"):
        assert answer not in mail.text + mail.html


def test_nobody_is_reminded_at_a_weekend() -> None:
    harness = delivered(MORNING + 13 * DAY)  # Thursday 14 September: the second reminder is due on a Thursday
    harness.pass_days(MORNING + 13 * DAY, 30)
    late = delivered(MORNING + 15 * DAY)  # Saturday 16 September: it would be due on a Saturday
    late.pass_days(MORNING + 15 * DAY, 30)

    assert [len(reminders(each)) for each in (harness, late)] == [2, 2]
    assert {each.referral().warned_on for each in (harness, late)} == {"2023-09-28", "2023-10-02"}


def test_a_reminder_that_came_back_needs_a_person_for_each_that_it_named() -> None:
    harness = several()
    harness.pass_days(MORNING, 5)
    [(operation, _)] = [each for each in harness.sender.sent if each[1].subject.startswith("Reminder")]
    first = harness.rows[0].key
    harness.repository().change(first, harness.rows[0].etag, State="erased", ErasedOn="2023-09-06")

    for _ in range(2):
        assert harness.delivery_reports().take(DeliveryReport(operation, "bounced"), MORNING)

    found = {row.key: (row.text("State"), row.text("LastError")) for row in harness.rows}
    assert found.pop(first)[0] == "erased"
    assert set(found.values()) == {("attention", "reminder-bounced")}


def test_report_on_a_reminder_of_before_still_finds_its_referral() -> None:
    harness = delivered()
    reference = harness.referral().reference
    keys = {"PartitionKey": "11111111-1111-1111-1111-111111111111", "RowKey": "mail"}
    harness.mail.insert(keys | {"Session": "reminders", "Mail": f"{reference}-0-1", "At": "2023-09-06T08:00:00Z"})

    harness.delivery_reports().take(DeliveryReport(UUID(keys["PartitionKey"]), "bounced"), MORNING)

    assert harness.state == ("attention", "reminder-bounced")


def test_reminder_that_was_sent_before_the_change_is_not_sent_again() -> None:
    harness = delivered()
    keys = {"PartitionKey": "reminders", "RowKey": f"{harness.referral().reference}-0-1"}
    harness.own.insert(keys | {"State": "sent", "At": "2023-09-06T08:00:00Z", "Attempts": 1})

    harness.pass_days(MORNING, 5)

    assert reminders(harness) == []
    assert harness.referral().warned == 1


@pytest.mark.parametrize(("fault", "calls"), EVERY_FAULT)
def test_no_fault_doubles_a_reminder_of_several_or_loses_one(fault: Fault, calls: range) -> None:
    for at in calls:
        harness, trouble = several(), InjectedFault(at, fault)
        now = harness.pass_days(MORNING, 4) + DAY
        with contextlib.suppress(Crash, StorageError):
            harness.reconcile(now, with_fault(trouble))
        struck = trouble.triggered
        for minutes in range(5, 30, 5):
            harness.reconcile(now + timedelta(minutes=minutes))
        harness.pass_days(now, 1)

        assert len(reminders(harness)) == 1, f"call {at}"
        assert [row.integer("Warned") for row in harness.rows] == [1, 1, 1], f"call {at}"
        if not struck:
            assert at >= 10
            return
    pytest.fail("the calls never ended")


@pytest.mark.parametrize(("fault", "calls"), EVERY_FAULT)
def test_no_fault_doubles_a_reminder_or_loses_it(fault: Fault, calls: range) -> None:
    for at in calls:
        harness, trouble = delivered(), InjectedFault(at, fault)
        now = harness.pass_days(MORNING, 4) + DAY
        with contextlib.suppress(Crash, StorageError):
            harness.reconcile(now, with_fault(trouble))
        struck = trouble.triggered
        for minutes in range(5, 30, 5):
            harness.reconcile(now + timedelta(minutes=minutes))
        harness.pass_days(now, 1)

        assert len(reminders(harness)) == 1, f"call {at}"
        assert harness.referral().warned == 1, f"call {at}"
        if not struck:
            assert at >= 8
            return
    pytest.fail("the calls never ended")


@pytest.mark.parametrize("trouble", ["crash-before", "crash-after", "lost-request", "lost-answer", "throttled"])
def test_no_fault_of_the_mail_service_doubles_a_reminder_or_loses_it(trouble: str) -> None:
    harness = delivered()
    now = harness.pass_days(MORNING, 4) + DAY
    harness.sender.trouble = {harness.sender.requests: trouble}
    with contextlib.suppress(Crash):
        harness.reconcile(now)
    harness.pass_days(now, 2)

    assert len(reminders(harness)) == 1
    assert harness.referral().warned == 1


def test_nobody_is_mailed_at_night() -> None:
    harness = delivered()
    harness.pass_days(MORNING, 4)

    harness.reconcile(MORNING + 5 * DAY - timedelta(hours=2))
    assert reminders(harness) == []

    harness.reconcile(MORNING + 5 * DAY - timedelta(hours=1))
    assert len(reminders(harness)) == 1


def test_the_operators_get_one_mail_a_day_with_references_and_what_to_do_and_nothing_else() -> None:
    harness = ReferralHarness()
    harness.forwarded()
    harness.report("bounced")
    reference = harness.referral().reference

    for step in range(1, 100):
        harness.reconcile(MORNING + step * MINUTES)

    [mail] = harness.mails_to(OPERATORS)
    assert mail.subject == "Action needed: 1 referral"
    for words in (reference, "Received Friday 1 September 2023", "write received", "came back"):
        assert words.casefold() in mail.text.casefold()
    for answer in ("Zoë", "zoe@home.example", "A difficult year", "English", RECIPIENT):
        assert answer not in mail.text + mail.html
    harness.pass_days(MORNING, 2)
    assert len(harness.mails_to(OPERATORS)) == 3


def test_the_operators_hear_nothing_when_all_is_well() -> None:
    harness = delivered()

    harness.pass_days(MORNING, 5)

    assert harness.mails_to(OPERATORS) == []


@pytest.mark.parametrize(("fault", "calls"), EVERY_FAULT)
def test_no_fault_doubles_the_mail_to_the_operators_or_loses_it(fault: Fault, calls: range) -> None:
    for at in calls:
        harness, trouble = ReferralHarness(), InjectedFault(at, fault)
        harness.forwarded()
        harness.report("bounced")
        with contextlib.suppress(Crash, StorageError):
            harness.reconcile(MORNING, with_fault(trouble))
        struck = trouble.triggered
        for step in range(1, 6):
            harness.reconcile(MORNING + step * MINUTES)

        assert len(harness.mails_to(OPERATORS)) == 1, f"call {at}"
        if not struck:
            assert at >= 8
            return
    pytest.fail("the calls never ended")


def test_what_waits_for_hours_is_an_error_in_the_log_after_one_and_after_four(
    caplog: pytest.LogCaptureFixture,
) -> None:
    harness = ReferralHarness()
    reference = harness.accepted()  # and nobody takes it from the queue

    for step in range(1, 80):
        assert harness.reconcile(MORNING + step * MINUTES) == [reference]

    errors = [r.getMessage() for r in caplog.records if r.levelno == logging.ERROR]
    assert errors == [f"referrals waiting over {hours} h to be sent: 1" for hours in (1, 4)]
    assert reference not in caplog.text, "the moment, less the hours, would say when it came"
    assert len(harness.mails_to(OPERATORS)) == 1, "who hears that it waits"
    assert "goes on trying" in harness.mails_to(OPERATORS)[0].text


def test_overdue_marks_are_cleared_once_the_referral_is_sent() -> None:
    harness = ReferralHarness()
    harness.accepted()
    for step in range(1, 80):
        harness.reconcile(MORNING + step * MINUTES)

    harness.pass_time(MORNING + timedelta(hours=7), 5 / 60)

    referral = harness.referral()
    assert (harness.state, referral.waiting_since, referral.alarms) == (("sent", ""), None, 0)


def test_overdue_alarm_does_not_break_a_claim_in_progress() -> None:
    harness = ReferralHarness()
    reference = harness.accepted()
    referral = harness.referral()
    claim = harness.repository().claim(referral, operation_id(referral), MORNING)
    assert claim is not None

    harness.reconcile(MORNING + MINUTES)

    assert harness.repository().mark(reference, claim.etag, State="sent")


@pytest.mark.parametrize(
    ("typed", "state", "days"),
    [
        ({"State": "opne"}, ("attention", "state-typed"), {"attention_on": "2023-09-01"}),
        ({"State": "attention"}, ("attention", "state-typed"), {"attention_on": "2023-09-01"}),
        ({"State": "sent"}, ("sent", ""), {"sent_on": "2023-09-01"}),
        ({"State": "delivered"}, ("delivered", ""), {"sent_on": "2023-09-01", "delivered_on": "2023-09-01"}),
        ({"State": "erased"}, ("attention", "state-typed"), {"erased_on": ""}),
        ({"State": "acknowledged"}, ("attention", "state-typed"), {"acknowledged_on": ""}),
        ({"State": 5, "Warned": "twice", "Hold": 1.5, "Epoch": ""}, ("attention", "state-typed"), {"warned": 0}),
    ],
)
def test_hand_typed_state_is_completed_and_deadlines_start_today(
    typed: dict[str, str | int], state: tuple[str, str], days: dict[str, str | int]
) -> None:
    harness = ReferralHarness()
    harness.accepted()
    harness.type(**typed)

    harness.reconcile(MORNING)

    assert harness.state == state
    assert {name: getattr(harness.referral(), name) for name in days} == days
    assert len(harness.sealed.rows) == 1


def test_a_row_that_cannot_be_read_at_all_stops_no_other() -> None:
    harness = ReferralHarness()
    harness.accepted()
    harness.status.put(
        {"PartitionKey": "referrals", "RowKey": "by-hand", "State": b"\xff", "NotBefore": ["x"], "Hold": 1}
    )
    harness.service().accept(referral_request(), MORNING)

    due = harness.reconcile(MORNING)

    assert len(due) == 2


def test_a_run_with_nothing_to_do_costs_one_request() -> None:
    harness = delivered()
    harness.pass_days(MORNING, 1)
    tables = (harness.status, harness.sealed, harness.mail, harness.own)
    before = sum(table.calls for table in tables)

    harness.reconcile(MORNING + DAY + MINUTES)

    assert sum(table.calls for table in tables) - before == 1
