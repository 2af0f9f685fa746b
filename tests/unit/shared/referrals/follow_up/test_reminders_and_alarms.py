"""Who hears when: the provider is reminded, a person looks, the operators get a mail a day, the log gets alarms."""

import contextlib
import logging
from datetime import timedelta

import pytest

from shared.mail.message import EmailMessage
from shared.referrals.delivery.forwarder import operation_id
from shared.tables.table import StorageError
from tests.builders import MORNING, referral_request
from tests.fakes import FAULTS, Crash, Fault, Trouble, breaking
from tests.unit.shared.referrals.referral_system import OPERATORS, RECIPIENT, Way
from tests.unit.shared.referrals.retention.test_erasure import delivered

DAY = timedelta(days=1)
MINUTES = timedelta(minutes=5)


def reminders(way: Way) -> list[EmailMessage]:
    return [message for message in way.mails_to(RECIPIENT) if message.subject.startswith("Reminder")]


def test_after_three_weekdays_the_provider_is_reminded_by_reference_alone() -> None:
    way = delivered()  # on a Friday

    way.pass_days(MORNING, 4)
    assert reminders(way) == []

    way.pass_days(MORNING + 4 * DAY, 1)
    [mail] = reminders(way)
    assert mail.subject == f"Reminder: self-referral {way.referral().reference}"
    assert "Friday 1 September 2023" in mail.text
    for answer in ("Zoë", "zoe@home.example", "A difficult year", "English"):
        assert answer not in mail.text + mail.html


def test_after_five_weekdays_a_person_looks_and_the_log_says_so(caplog: pytest.LogCaptureFixture) -> None:
    way = delivered()

    way.pass_days(MORNING, 6)
    assert way.state[0] == "delivered"

    way.pass_days(MORNING + 6 * DAY, 1)
    assert way.state == ("attention", "not-acknowledged")
    assert any(r.levelno == logging.ERROR and way.referral().reference in r.getMessage() for r in caplog.records)


def test_a_mail_that_was_never_reported_on_is_reminded_of_too() -> None:
    way = Way()
    way.forwarded()

    way.pass_days(MORNING, 7)

    assert len(reminders(way)) == 1
    assert way.state == ("attention", "not-acknowledged")


def test_who_acknowledged_is_left_alone() -> None:
    way = delivered()
    way.acknowledging().acknowledge(way.referral().reference, MORNING)

    way.pass_days(MORNING, 40)

    assert len(way.sender.sent) == 1


def test_the_second_reminder_says_on_which_day_our_copy_is_deleted() -> None:
    way = delivered()

    way.pass_days(MORNING, 40)

    first, second = reminders(way)
    assert "deleted" not in first.text
    assert "our copy is deleted on Sunday 1 October 2023" in second.text
    assert OPERATORS in second.text


def test_in_link_mode_the_reminder_leads_to_the_answers_and_nothing_is_deleted() -> None:
    way = Way("link")
    way.forwarded()
    way.report("delivered")

    way.pass_days(MORNING, 60)

    [mail] = reminders(way)
    assert "https://collect.example/collect/" in mail.text
    assert "acknowledge" not in mail.text
    assert len(way.sealed.rows) == 1


@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_doubles_a_reminder_or_loses_it(fault: Fault) -> None:
    for at in range(100):
        way, trouble = delivered(), Trouble(at, fault)
        now = way.pass_days(MORNING, 4) + DAY
        with contextlib.suppress(Crash, StorageError):
            way.tend(now, breaking(trouble))
        struck = trouble.struck
        for minutes in range(5, 30, 5):
            way.tend(now + timedelta(minutes=minutes))
        way.pass_days(now, 1)

        assert len(reminders(way)) == 1, f"call {at}"
        assert way.referral().warned == 1, f"call {at}"
        if not struck:
            assert at >= 8
            return
    pytest.fail("the calls never ended")


@pytest.mark.parametrize("trouble", ["crash-before", "crash-after", "lost-request", "lost-answer", "throttled"])
def test_no_fault_of_the_mail_service_doubles_a_reminder_or_loses_it(trouble: str) -> None:
    way = delivered()
    now = way.pass_days(MORNING, 4) + DAY
    way.sender.trouble = {way.sender.requests: trouble}
    with contextlib.suppress(Crash):
        way.tend(now)
    way.pass_days(now, 2)

    assert len(reminders(way)) == 1
    assert way.referral().warned == 1


def test_nobody_is_mailed_at_night() -> None:
    way = delivered()
    way.pass_days(MORNING, 4)

    way.tend(MORNING + 5 * DAY - timedelta(hours=2))
    assert reminders(way) == []

    way.tend(MORNING + 5 * DAY - timedelta(hours=1))
    assert len(reminders(way)) == 1


def test_the_operators_get_one_mail_a_day_with_references_and_what_to_do_and_nothing_else() -> None:
    way = Way()
    way.forwarded()
    way.report("bounced")
    reference = way.referral().reference

    for step in range(1, 100):
        way.tend(MORNING + step * MINUTES)

    [mail] = way.mails_to(OPERATORS)
    assert mail.subject == "Referrals that need a person: 1"
    for words in (reference, "Received Friday 1 September 2023", "write received", "came back"):
        assert words.casefold() in mail.text.casefold()
    for answer in ("Zoë", "zoe@home.example", "A difficult year", "English", RECIPIENT):
        assert answer not in mail.text + mail.html
    way.pass_days(MORNING, 2)
    assert len(way.mails_to(OPERATORS)) == 3


def test_the_operators_hear_nothing_when_all_is_well() -> None:
    way = delivered()

    way.pass_days(MORNING, 5)

    assert way.mails_to(OPERATORS) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_doubles_the_mail_to_the_operators_or_loses_it(fault: Fault) -> None:
    for at in range(100):
        way, trouble = Way(), Trouble(at, fault)
        way.forwarded()
        way.report("bounced")
        with contextlib.suppress(Crash, StorageError):
            way.tend(MORNING, breaking(trouble))
        struck = trouble.struck
        for step in range(1, 6):
            way.tend(MORNING + step * MINUTES)

        assert len(way.mails_to(OPERATORS)) == 1, f"call {at}"
        if not struck:
            assert at >= 8
            return
    pytest.fail("the calls never ended")


def test_what_waits_for_hours_is_an_error_in_the_log_after_one_and_after_four(
    caplog: pytest.LogCaptureFixture,
) -> None:
    way = Way()
    reference = way.accepted()  # and nobody takes it from the queue

    for step in range(1, 80):
        assert way.tend(MORNING + step * MINUTES) == [reference]

    errors = [r.getMessage() for r in caplog.records if r.levelno == logging.ERROR and reference in r.getMessage()]
    assert [("over 1 h" in text, "over 4 h" in text) for text in errors] == [(True, False), (False, True)]
    assert len(way.mails_to(OPERATORS)) == 1, "who hears that it waits"
    assert "goes on trying" in way.mails_to(OPERATORS)[0].text


def test_what_waited_and_went_is_late_no_more_and_keeps_no_time_of_day() -> None:
    way = Way()
    way.accepted()
    for step in range(1, 80):
        way.tend(MORNING + step * MINUTES)

    way.pass_time(MORNING + timedelta(hours=7), 5 / 60)

    referral = way.referral()
    assert (way.state, referral.waiting_since, referral.alarms) == (("sent", ""), None, 0)


def test_noting_that_it_is_late_does_not_break_the_claim_of_who_is_at_it() -> None:
    way = Way()
    reference = way.accepted()
    referral = way.referral()
    claim = way.repository().claim(referral, operation_id(referral), MORNING)
    assert claim is not None

    way.tend(MORNING + MINUTES)

    assert way.repository().mark(reference, claim.etag, State="sent")


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
def test_what_somebody_typed_is_completed_and_every_deadline_begins_today(
    typed: dict[str, str | int], state: tuple[str, str], days: dict[str, str | int]
) -> None:
    way = Way()
    way.accepted()
    way.type(**typed)

    way.tend(MORNING)

    assert way.state == state
    assert {name: getattr(way.referral(), name) for name in days} == days
    assert len(way.sealed.rows) == 1


def test_a_row_that_cannot_be_read_at_all_stops_no_other() -> None:
    way = Way()
    way.accepted()
    way.status.put({"PartitionKey": "referrals", "RowKey": "by-hand", "State": b"\xff", "NotBefore": ["x"], "Hold": 1})
    way.service().accept(referral_request(), MORNING)

    due = way.tend(MORNING)

    assert len(due) == 2


def test_a_run_with_nothing_to_do_costs_one_request() -> None:
    way = delivered()
    way.pass_days(MORNING, 1)
    tables = (way.status, way.sealed, way.mail, way.own)
    before = sum(table.calls for table in tables)

    way.tend(MORNING + DAY + MINUTES)

    assert sum(table.calls for table in tables) - before == 1
