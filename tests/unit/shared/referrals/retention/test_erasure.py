"""Answers go when the provider has them, and never a day before: whatever dies, jumps or is typed meanwhile."""

import contextlib
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from shared.mail.delivery_reports import Receipt
from shared.mail.message import EmailMessage, MailRefusedError
from shared.referrals.collection.lockout import Lockout
from shared.tables.table import Row, StorageError, Table
from tests.builders import MORNING, referral_request
from tests.fakes import FAULTS, BrokenTable, Crash, FakeTable, Fault, Trouble, breaking
from tests.unit.shared.referrals.referral_system import RECIPIENT, SUBMISSION, Way

DAY = timedelta(days=1)


def delivered(now: datetime = MORNING) -> Way:
    """A referral that was forwarded and delivered, and that nobody has acknowledged."""
    way = Way()
    way.forwarded(now)
    way.report("delivered", now)
    return way


def acknowledged() -> Way:
    way = delivered()
    way.acknowledging().acknowledge(way.referral().reference, MORNING)
    return way


def on_day(way: Way, days: int) -> datetime:
    """The timer has run on every day until that many after the first."""
    return way.pass_days(MORNING, days)


def test_what_was_acknowledged_is_erased_on_the_next_run_and_its_status_says_so() -> None:
    way = acknowledged()

    way.tend(MORNING + timedelta(minutes=5))

    assert way.sealed.rows == {}
    assert way.state == ("erased", "")
    assert way.referral().erased_on == "2023-09-01"
    assert "T08:" not in str(way.rows)


def test_what_was_acknowledged_is_erased_as_soon_as_the_queue_names_it() -> None:
    way = Way()
    reference = way.forwarded()
    way.acknowledging().acknowledge(reference, MORNING)

    for _ in range(3):
        way.erasing().erase_acknowledged(reference, MORNING)

    assert way.sealed.rows == {}
    assert way.state == ("erased", "")
    assert way.referral().acknowledged_on == way.referral().erased_on == "2023-09-01"


def test_how_often_its_passphrase_was_tried_is_deleted_with_the_answers_whoever_said_that_they_came() -> None:
    way = Way("link")
    reference = way.forwarded()
    Lockout(way.tries).begin(reference, MORNING)
    way.type(State="acknowledged")

    way.pass_days(MORNING, 2)

    assert way.state[0] == "erased"
    assert way.tries.rows == {}


@pytest.mark.parametrize(
    "state", ["received", "sending", "sent", "delivered", "attention", "erased", "acknowledged", "what?"]
)
def test_naming_a_referral_erases_nothing_that_the_provider_did_not_acknowledge(state: str) -> None:
    """A word typed by hand lacks its day, which the schedule writes first."""
    way = Way()
    reference = way.forwarded()
    way.type(State=state)
    before = dict(way.sealed.rows), dict(way.status.rows)

    for each in (reference, "99999999"):
        way.erasing().erase_acknowledged(each, MORNING)

    assert (way.sealed.rows, way.status.rows) == before


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_happens_while_it_is_erased_at_once_the_schedule_finishes_it(fault: Fault) -> None:
    for at in range(100):
        way, trouble = Way(), Trouble(at, fault)
        reference = way.forwarded()
        way.acknowledging().acknowledge(reference, MORNING)
        with contextlib.suppress(Crash, StorageError):
            way.erasing(breaking(trouble)).erase_acknowledged(reference, MORNING)
        if not trouble.struck:
            assert at >= 4
            return
        assert way.state[0] != "erased" or way.sealed.rows == {}, "the word comes after the deed"
        way.tending().run({}, MORNING)
        assert (way.sealed.rows, way.state) == ({}, ("erased", ""))
    pytest.fail("the calls never ended")


def test_acknowledged_typed_by_hand_counts_as_the_providers_word() -> None:
    way = delivered()
    way.type(State="acknowledged")

    for minutes in (5, 10):
        way.tend(MORNING + timedelta(minutes=minutes))

    assert way.sealed.rows == {}
    assert (way.state[0], way.referral().acknowledged_on) == ("erased", "2023-09-01")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_run_that_dies_while_erasing_leaves_nothing_that_the_next_does_not_finish(fault: Fault) -> None:
    for at in range(100):
        way, trouble = acknowledged(), Trouble(at, fault)
        with contextlib.suppress(Crash, StorageError):
            way.tend(MORNING - timedelta(hours=3), breaking(trouble))
        if not trouble.struck:
            assert at >= 4, "reading, touching, deleting and marking were broken"
            return
        assert way.state[0] != "erased" or way.sealed.rows == {}, f"call {at}: erased was said before it was done"
        way.tend(MORNING - timedelta(hours=3))
        assert way.sealed.rows == {}, f"call {at}"
        assert way.state[0] == "erased", f"call {at}"
    pytest.fail("the calls never ended")


def test_what_somebody_wants_again_in_that_very_moment_is_not_erased() -> None:
    way = acknowledged()

    class Meanwhile(BrokenTable):
        """Somebody types `received` between the look at the row and whatever comes next."""

        def query(self, *args: object, **like: str) -> list[Row]:
            found = way.status.query(**like)
            way.type(State="received")
            return found

    def wrap(table: FakeTable) -> Table:
        return Meanwhile(table, Trouble(-1, "crash-before")) if table is way.status else table  # type: ignore[return-value]  # a table in everything it does

    way.tending(wrap).run({}, MORNING - timedelta(hours=3))

    assert len(way.sealed.rows) == 1
    assert way.state == ("received", "")


def test_what_nobody_acknowledged_is_erased_after_thirty_days_and_two_warnings() -> None:
    way = delivered()

    on_day(way, 29)
    assert len(way.sealed.rows) == 1
    assert way.state == ("attention", "not-acknowledged")
    assert (way.referral().warned, way.referral().warned_on) == (2, "2023-09-15")

    way.tend(MORNING + 30 * DAY)
    assert way.sealed.rows == {}
    assert way.state == ("erased", "")
    assert way.referral().acknowledged_on == ""


def test_a_warning_that_went_late_leaves_a_week_to_answer_it() -> None:
    way = delivered()
    way.sender.trouble = dict.fromkeys(range(1, 5000), "lost-request")
    on_day(way, 34)
    assert way.referral().warned == 0

    way.sender.trouble = {}
    way.pass_days(MORNING + 34 * DAY, 8)
    assert way.referral().warned == 2
    assert len(way.sealed.rows) == 1, "warned for the last time six days ago"

    way.pass_days(MORNING + 42 * DAY, 1)
    assert way.sealed.rows == {}


@pytest.mark.parametrize("word", ["yes", "Yes", "true", "y", "please keep", "1"])
def test_nothing_is_erased_that_somebody_objects_to(word: str) -> None:
    way = delivered()
    on_day(way, 20)
    way.type(Hold=word)

    way.pass_days(MORNING + 20 * DAY, 60)

    assert len(way.sealed.rows) == 1


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
def test_nothing_is_erased_while(why: str) -> None:
    way = Way("link" if why == "to be collected" else "inline")
    if why == "not sent":
        way.sender.trouble = dict.fromkeys(range(5000), "lost-request")
    way.forwarded()
    if why not in {"not delivered", "not sent"}:
        way.report("delivered")
    now = on_day(way, 10)
    if why == "one warning":
        _refuse_reminders(way)
    now = way.pass_days(now, 6)
    if why == "bounced later":
        way.report("bounced", now)
    if why == "warnings that came back":
        _report_reminders(way, now)
    if why == "typed":
        way.type(State="erased")

    way.pass_days(now, 60)

    assert len(way.sealed.rows) == 1
    assert way.state[0] == "attention"


def _refuse_reminders(way: Way) -> None:
    send = way.sender.send

    def refuse(message: EmailMessage, *, operation_id: UUID) -> None:
        if message.subject.startswith("Reminder"):
            raise MailRefusedError("HTTP 400")
        send(message, operation_id=operation_id)

    way.sender.send = refuse  # type: ignore[method-assign]  # the mail service takes all but these


def _report_reminders(way: Way, now: datetime) -> None:
    for row in list(way.mail.rows.values()):
        if row.text("Session") == "reminders":
            way.receipts().take(Receipt(UUID(row.partition), "bounced"), now)


@pytest.mark.parametrize("jump", [timedelta(days=3650), timedelta(days=31), timedelta(days=-3650)])
def test_a_clock_that_jumps_erases_nothing(jump: timedelta) -> None:
    way = delivered()
    now = on_day(way, 10)

    for minutes in (0, 5, 10):
        way.tend(now + jump + timedelta(minutes=minutes))

    assert len(way.sealed.rows) == 1
    way.pass_days(now, 10)
    assert len(way.sealed.rows) == 1


def test_a_status_goes_ninety_days_after_its_answers_and_not_a_day_before() -> None:
    way = acknowledged()

    on_day(way, 90)  # erased on the second of September
    assert len(way.rows) == 1

    way.tend(MORNING + 91 * DAY)
    assert way.rows == []


def test_a_status_of_what_is_not_erased_stays_for_ever() -> None:
    way = delivered()
    way.report("bounced")

    on_day(way, 400)

    assert way.state == ("attention", "bounced")
    assert len(way.sealed.rows) == 1


def test_a_clock_that_jumps_forgets_nothing() -> None:
    way = acknowledged()
    now = on_day(way, 10)

    way.tend(now + timedelta(days=3650))

    assert len(way.rows) == 1


def test_one_bad_row_stops_no_other() -> None:
    way = acknowledged()
    way.service().accept(referral_request(), MORNING)
    way.service().accept(referral_request(), MORNING)
    bad = next(row for row in way.rows if row.text("State") == "received")
    way.repository().change(bad.key, bad.etag, State="acknowledged", AcknowledgedOn="2023-09-01")

    def wrap(table: FakeTable) -> Table:
        return _Refusing(table, bad.key)  # type: ignore[return-value]  # a table in everything it does

    due = way.tending(wrap).run({}, MORNING - timedelta(hours=3))

    assert sorted(row.text("State") for row in way.rows) == ["acknowledged", "erased", "received"]
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


@pytest.mark.parametrize("fault", FAULTS)
def test_a_daily_run_that_dies_anywhere_is_finished_by_the_next_and_takes_nothing_early(fault: Fault) -> None:
    """All of it: reminding, erasing by the calendar, forgetting, and telling the operators."""
    for at in range(200):
        way, trouble = delivered(), Trouble(at, fault)
        other = acknowledged()
        way.status.rows |= other.status.rows
        way.sealed.rows |= other.sealed.rows
        now = way.pass_days(MORNING, 29)
        mails = len(way.sender.sent)
        now += DAY
        with contextlib.suppress(Crash, StorageError):
            way.tend(now, breaking(trouble))
        struck = trouble.struck
        way.pass_days(now, 2)

        assert way.sealed.rows == {}, f"call {at}"
        assert {row.text("State") for row in way.rows} == {"erased"}, f"call {at}"
        assert len(way.mails_to(RECIPIENT)) == 3, f"call {at}: one referral and two reminders"
        assert len(way.sender.sent) <= mails + 2, f"call {at}: one mail a day to the operators"
        if not struck:
            assert at >= 10
            return
    pytest.fail("the calls never ended")


def test_the_same_form_once_more_after_it_was_erased_is_no_second_referral() -> None:
    way = Way()
    reference = way.service().accept(referral_request(submission_id=SUBMISSION), MORNING)
    way.forwarder().forward(reference, MORNING)
    way.acknowledging().acknowledge(reference, MORNING)
    way.tend(MORNING)

    assert way.service().accept(referral_request(submission_id=SUBMISSION), MORNING) == reference
    way.recover()

    assert way.sealed.rows == {}
    assert way.state[0] == "erased"
    assert len(way.sender.sent) == 1


def test_the_same_form_with_other_answers_after_it_was_erased_is_forwarded() -> None:
    way = Way()
    reference = way.service().accept(referral_request(submission_id=SUBMISSION), MORNING)
    way.forwarder().forward(reference, MORNING)
    way.acknowledging().acknowledge(reference, MORNING)
    way.tend(MORNING)

    other = referral_request(submission_id=SUBMISSION, what_brings_you="Something else")
    assert way.service().accept(other, MORNING) == reference
    way.recover()

    assert len(way.sender.sent) == len(set(way.sender.operations)) == 2
    assert "Something else" in way.sender.messages[1].text
    assert way.state == ("sent", "")


def test_answers_that_lie_under_an_erased_reference_keep_its_status_and_are_looked_at() -> None:
    way = acknowledged()
    on_day(way, 90)
    [row] = way.rows
    way.sealed.insert({"PartitionKey": row.partition, "RowKey": row.key, "Sealed": b"x"})

    way.tend(MORNING + 91 * DAY)

    assert way.state == ("attention", "not-erased")


def test_what_finds_mails_for_reports_is_kept_for_thirty_days() -> None:
    way = acknowledged()
    on_day(way, 30)
    assert len(way.mail.rows) == 1

    way.tend(MORNING + 31 * DAY)

    assert way.mail.rows == {}


def test_what_is_held_is_written_down_with_its_oldest_day() -> None:
    way = delivered()
    way.service().accept(referral_request(), MORNING + DAY)

    on_day(way, 2)

    held = {row.key: row for key, row in way.own.rows.items() if key[0] == "held"}
    assert {key: (row.text("Count"), row.text("Oldest")) for key, row in held.items()} == {
        "sealed": ("2", "2023-09-01"),
        "statuses": ("2", "2023-09-01"),
        "mail-index": ("2", "2023-09-01"),
    }
    assert "2 referrals with their answers. The oldest is of Friday 1 September 2023." in held["sealed"].text("InWords")
