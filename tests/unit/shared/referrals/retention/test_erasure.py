"""Answers go when the provider has them, and never a day before: whatever dies, jumps or is typed meanwhile.

`MORNING` is a Friday: three weekdays after an acknowledgement on it are over on the Wednesday, the fifth day.
"""

import contextlib
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from shared.mail.delivery_reports import DeliveryReport
from shared.mail.message import EmailMessage, MailRefusedError
from shared.referrals.row_mac import RowMac
from shared.tables.table import Row, StorageError, Table
from tests.builders import MORNING, referral_request
from tests.fakes import BrokenTable, Crash, FakeTable, Fault, InjectedFault, with_fault
from tests.fault_at_any_call import EVERY_FAULT
from tests.unit.shared.referrals.referral_system import RECIPIENT, SUBMISSION, ReferralHarness

DAY = timedelta(days=1)


def delivered(now: datetime = MORNING) -> ReferralHarness:
    """A referral that was forwarded and delivered, and that was not acknowledged."""
    harness = ReferralHarness()
    harness.forwarded(now)
    harness.report("delivered", now)
    return harness


def acknowledged() -> ReferralHarness:
    harness = delivered()
    harness.acknowledging().acknowledge(harness.referral().reference, MORNING)
    return harness


OVER = 5


def on_day(harness: ReferralHarness, days: int) -> datetime:
    """The timer has run on every day until that many after the first."""
    return harness.pass_days(MORNING, days)


def test_what_was_acknowledged_is_erased_after_three_weekdays_and_its_status_says_so() -> None:
    harness = acknowledged()
    sealed = dict(harness.sealed.rows)

    on_day(harness, OVER - 1)
    assert (harness.sealed.rows, harness.state) == (sealed, ("acknowledged", ""))
    harness.reconcile(MORNING + OVER * DAY)

    assert harness.sealed.rows == {}
    assert harness.state == ("erased", "")
    assert (harness.referral().acknowledged_on, harness.referral().erased_on) == ("2023-09-01", "2023-09-06")
    assert "T08:" not in str(harness.rows)


def test_the_row_of_passphrase_tries_that_each_link_once_had_is_deleted_with_the_answers() -> None:
    harness = ReferralHarness("link")
    reference = harness.forwarded()
    harness.tries.insert({"PartitionKey": "tries", "RowKey": reference, "Tries": 5, "LockedUntil": "2023-09-01"})
    harness.acknowledging().acknowledge_opened(reference, MORNING)

    on_day(harness, OVER)

    assert harness.state[0] == "erased"
    assert harness.tries.rows == {}


def test_answers_that_were_sent_since_are_not_erased_with_those_of_before() -> None:
    harness = acknowledged()
    [row] = harness.sealed.rows.values()
    harness.sealed.merge({"PartitionKey": row.partition, "RowKey": row.key, "SubmissionHash": "of another"}, row.etag)

    harness.eraser().erase(harness.referral(), MORNING + OVER * DAY)

    assert (len(harness.sealed.rows), harness.state) == (1, ("erased", ""))


@pytest.mark.parametrize(
    "state", ["received", "sending", "sent", "delivered", "attention", "erased", "acknowledged", "what?"]
)
def test_a_message_of_the_queue_erases_nothing(state: str) -> None:
    harness = ReferralHarness()
    reference = harness.forwarded()
    harness.type(State=state)
    before = dict(harness.sealed.rows)

    for each in (reference, "99999999"):
        harness.forwarder().forward(each, MORNING)

    assert harness.sealed.rows == before


@pytest.mark.parametrize(("fault", "calls"), EVERY_FAULT)
def test_interrupted_erasure_is_finished_by_the_timer_run(fault: Fault, calls: range) -> None:
    for at in calls:
        harness, trouble = acknowledged(), InjectedFault(at, fault)
        now = on_day(harness, OVER - 1) + DAY
        with contextlib.suppress(Crash, StorageError):
            harness.eraser(with_fault(trouble)).erase(harness.referral(), now)
        if not trouble.triggered:
            assert at >= 4
            return
        assert harness.state[0] != "erased" or harness.sealed.rows == {}, "the word comes after the deed"
        harness.reconcile(now)
        assert (harness.sealed.rows, harness.state) == ({}, ("erased", ""))
    pytest.fail("the calls never ended")


def test_acknowledged_typed_by_hand_counts_as_the_providers_word_of_what_was_delivered() -> None:
    harness = delivered()
    harness.type(State="acknowledged")

    on_day(harness, OVER - 1)
    assert len(harness.sealed.rows) == 1
    harness.reconcile(MORNING + OVER * DAY)

    assert harness.sealed.rows == {}
    assert (harness.state[0], harness.referral().acknowledged_on) == ("erased", "2023-09-02")


@pytest.mark.parametrize(("fault", "calls"), EVERY_FAULT)
def test_interrupted_erasure_run_is_finished_by_the_next(fault: Fault, calls: range) -> None:
    for at in calls:
        harness, trouble = acknowledged(), InjectedFault(at, fault)
        now = on_day(harness, OVER - 1) + DAY
        with contextlib.suppress(Crash, StorageError):
            harness.reconcile(now, with_fault(trouble))
        if not trouble.triggered:
            assert at >= 4, "reading, touching, deleting and marking were broken"
            return
        assert harness.state[0] != "erased" or harness.sealed.rows == {}, (
            f"call {at}: erased was said before it was done"
        )
        harness.pass_days(now, 1)
        assert harness.sealed.rows == {}, f"call {at}"
        assert harness.state[0] == "erased", f"call {at}"
    pytest.fail("the calls never ended")


def test_referral_set_back_to_received_during_the_run_is_not_erased() -> None:
    harness = acknowledged()
    now = on_day(harness, OVER - 1) + DAY

    class Meanwhile(BrokenTable):
        """Someone types `received` after the row was read."""

        def query(self, *args: object, **like: str) -> list[Row]:
            found = harness.status.query(**like)
            harness.type(State="received")
            return found

    def wrap(table: FakeTable) -> Table:
        return Meanwhile(table, InjectedFault(-1, "crash-before")) if table is harness.status else table  # type: ignore[return-value]  # a table in everything it does

    harness.reconcile(now, wrap)

    assert len(harness.sealed.rows) == 1
    assert harness.state == ("received", "")


def test_what_nobody_acknowledged_is_erased_after_thirty_days_and_two_warnings() -> None:
    harness = delivered()

    on_day(harness, 29)
    assert len(harness.sealed.rows) == 1
    assert harness.state == ("attention", "not-acknowledged")
    assert (harness.referral().warned, harness.referral().warned_on) == (2, "2023-09-15")

    harness.reconcile(MORNING + 30 * DAY)
    assert harness.sealed.rows == {}
    assert harness.state == ("erased", "")
    assert harness.referral().acknowledged_on == ""


def test_a_warning_that_went_late_leaves_a_week_to_answer_it() -> None:
    harness = delivered()
    harness.sender.trouble = dict.fromkeys(range(1, 5000), "lost-request")
    on_day(harness, 38)  # a Monday: the two warnings go on the next two days
    assert harness.referral().warned == 0

    harness.sender.trouble = {}
    harness.pass_days(MORNING + 38 * DAY, 8)
    assert harness.referral().warned == 2
    assert len(harness.sealed.rows) == 1, "warned for the last time six days ago"

    harness.pass_days(MORNING + 46 * DAY, 1)
    assert harness.sealed.rows == {}


@pytest.mark.parametrize("word", ["yes", "Yes", "true", "y", "please keep", "1"])
def test_nothing_is_erased_that_someone_objects_to(word: str) -> None:
    harness = delivered()
    on_day(harness, 20)
    harness.type(Hold=word)

    harness.pass_days(MORNING + 20 * DAY, 60)

    assert len(harness.sealed.rows) == 1


@pytest.mark.parametrize(
    "why",
    [
        "not delivered",
        "bounced later",
        "to be collected",
        "not sent",
        "one warning",
        "warnings that came back",
        "typed",
    ],
)
def test_answers_are_kept_while_a_condition_for_erasure_is_missing(why: str) -> None:
    harness = ReferralHarness("link" if why == "to be collected" else "inline")
    if why == "not sent":
        harness.sender.trouble = dict.fromkeys(range(5000), "lost-request")
    harness.forwarded()
    if why not in {"not delivered", "not sent"}:
        harness.report("delivered")
    now = on_day(harness, 10)
    if why == "one warning":
        _refuse_reminders(harness)
    now = harness.pass_days(now, 6)
    if why == "bounced later":
        harness.report("bounced", now)
    if why == "warnings that came back":
        _report_reminders(harness, now)
    if why == "typed":
        harness.type(State="erased")

    harness.pass_days(now, 60)

    assert len(harness.sealed.rows) == 1
    assert harness.state[0] == "attention"


def _refuse_reminders(harness: ReferralHarness) -> None:
    send = harness.sender.send

    def refuse(message: EmailMessage, *, operation_id: UUID) -> None:
        if message.subject.startswith("Reminder"):
            raise MailRefusedError("HTTP 400")
        send(message, operation_id=operation_id)

    harness.sender.send = refuse  # type: ignore[method-assign]  # the mail service takes all but these


def _report_reminders(harness: ReferralHarness, now: datetime) -> None:
    for row in list(harness.mail.rows.values()):
        if row.text("Session") == "reminders":
            harness.delivery_reports().take(DeliveryReport(UUID(row.partition), "bounced"), now)


@pytest.mark.parametrize("jump", [timedelta(days=3650), timedelta(days=31), timedelta(days=-3650)])
def test_a_clock_that_jumps_erases_nothing(jump: timedelta) -> None:
    harness = delivered()
    now = on_day(harness, 10)

    for minutes in (0, 5, 10):
        harness.reconcile(now + jump + timedelta(minutes=minutes))

    assert len(harness.sealed.rows) == 1
    harness.pass_days(now, 10)
    assert len(harness.sealed.rows) == 1


def test_a_status_goes_ninety_days_after_its_answers_and_not_a_day_before() -> None:
    harness = acknowledged()

    on_day(harness, OVER + 89)
    assert len(harness.rows) == 1

    harness.reconcile(MORNING + (OVER + 90) * DAY)
    assert harness.rows == []


def test_a_status_of_what_is_not_erased_stays_for_ever() -> None:
    harness = delivered()
    harness.report("bounced")

    on_day(harness, 400)

    assert harness.state == ("attention", "bounced")
    assert len(harness.sealed.rows) == 1


def test_clock_jump_deletes_no_status_row() -> None:
    harness = acknowledged()
    now = on_day(harness, 10)

    harness.reconcile(now + timedelta(days=3650))

    assert len(harness.rows) == 1


def test_one_bad_row_stops_no_other() -> None:
    harness, other = acknowledged(), acknowledged()
    [bad] = other.rows
    harness.status.rows |= other.status.rows
    harness.sealed.rows |= other.sealed.rows
    now = on_day(harness, OVER - 1) + DAY
    harness.service().accept(referral_request(), now)

    def wrap(table: FakeTable) -> Table:
        return _Refusing(table, bad.key)  # type: ignore[return-value]  # a table in everything it does

    due = harness.reconcile(now, wrap)

    assert sorted(row.text("State") for row in harness.rows) == ["acknowledged", "erased", "received"]
    assert len(due) == 1


class _Refusing:
    """A table that refuses to delete one row."""

    def __init__(self, table: FakeTable, key: str) -> None:
        self._table, self._key = table, key

    def __getattr__(self, name: str) -> object:
        return getattr(self._table, name)

    def delete(self, partition: str, key: str, etag: str | None = None) -> None:
        if key == self._key:
            raise StorageError("HTTP 403")
        self._table.delete(partition, key, etag)


@pytest.mark.parametrize(("fault", "calls"), EVERY_FAULT)
def test_a_daily_run_that_dies_anywhere_is_finished_by_the_next_and_takes_nothing_early(
    fault: Fault, calls: range
) -> None:
    """All of it: reminding, erasing by the calendar, forgetting, and telling the operators."""
    for at in calls:
        harness, trouble = delivered(), InjectedFault(at, fault)
        other = acknowledged()
        harness.status.rows |= other.status.rows
        harness.sealed.rows |= other.sealed.rows
        now = harness.pass_days(MORNING, 29)
        mails = len(harness.sender.sent)
        now += DAY
        with contextlib.suppress(Crash, StorageError):
            harness.reconcile(now, with_fault(trouble))
        struck = trouble.triggered
        harness.pass_days(now, 2)

        assert harness.sealed.rows == {}, f"call {at}"
        assert {row.text("State") for row in harness.rows} == {"erased"}, f"call {at}"
        assert len(harness.mails_to(RECIPIENT)) == 3, f"call {at}: one referral and two reminders"
        assert len(harness.sender.sent) <= mails + 2, f"call {at}: one mail a day to the operators"
        if not struck:
            assert at >= 10
            return
    pytest.fail("the calls never ended")


def test_the_same_form_once_more_after_it_was_erased_is_no_second_referral() -> None:
    harness = ReferralHarness()
    reference = harness.service().accept(referral_request(submission_id=SUBMISSION), MORNING)
    harness.forwarder().forward(reference, MORNING)
    harness.report("delivered")
    harness.acknowledging().acknowledge(reference, MORNING)
    on_day(harness, OVER)

    assert harness.service().accept(referral_request(submission_id=SUBMISSION), MORNING) == reference
    harness.recover()

    assert harness.sealed.rows == {}
    assert harness.state[0] == "erased"
    assert len(harness.sender.sent) == 1


def test_the_same_form_with_other_answers_after_it_was_erased_is_forwarded() -> None:
    harness = ReferralHarness()
    reference = harness.service().accept(referral_request(submission_id=SUBMISSION), MORNING)
    harness.forwarder().forward(reference, MORNING)
    harness.report("delivered")
    harness.acknowledging().acknowledge(reference, MORNING)
    on_day(harness, OVER)

    other = referral_request(submission_id=SUBMISSION, what_brings_you="Something else")
    assert harness.service().accept(other, MORNING) == reference
    harness.recover()

    assert len(harness.sender.sent) == len(set(harness.sender.operations)) == 2
    assert "Something else" in harness.sender.messages[1].text
    assert harness.state == ("sent", "")


def test_leftover_answers_of_an_erased_referral_keep_its_row_and_need_attention() -> None:
    harness = acknowledged()
    on_day(harness, OVER + 89)
    [row] = harness.rows
    harness.sealed.insert({"PartitionKey": row.partition, "RowKey": row.key, "Sealed": b"x"})

    harness.reconcile(MORNING + (OVER + 90) * DAY)

    assert harness.state == ("attention", "not-erased")


def test_mail_index_is_kept_for_thirty_days() -> None:
    harness = acknowledged()
    on_day(harness, 30)
    assert len(harness.mail.rows) == 1

    harness.reconcile(MORNING + 31 * DAY)

    assert harness.mail.rows == {}


def test_holdings_report_gives_counts_and_oldest_day() -> None:
    harness = delivered()
    harness.service().accept(referral_request(), MORNING + DAY)

    on_day(harness, 2)

    held = {row.key: row for key, row in harness.own.rows.items() if key[0] == "held"}
    assert {key: (row.text("Count"), row.text("Oldest")) for key, row in held.items()} == {
        "sealed": ("2", "2023-09-01"),
        "statuses": ("2", "2023-09-01"),
        "mail-index": ("2", "2023-09-01"),
        "sealed-mac-keys": ("0", ""),
    }
    assert "2 referrals with their answers. The oldest is of Friday 1 September 2023." in held["sealed"].text("InWords")


def test_holdings_report_says_under_which_mac_keys_the_rows_are() -> None:
    """A previous key is needed until none is under it."""
    harness = delivered()
    old = harness.mac.current
    harness.mac = RowMac.of(b"n" * 32, previous=(b"m" * 32,))
    [row] = harness.sealed.rows.values()
    harness.sealed.insert({**row.cells, "RowKey": "34679CDF", "MacKey": harness.mac.current})
    harness.sealed.insert({**row.cells, "RowKey": "34679CDG", "MacKey": "", "Mac": b""})

    on_day(harness, 2)

    found = harness.own.rows["held", "sealed-mac-keys"]
    assert found.text("Count") == "2"
    assert found.text("InWords").startswith(
        f"1 under the MAC key in use, {harness.mac.current}. 1 without a MAC. 1 under {old}. Keep a previous key"
    )
