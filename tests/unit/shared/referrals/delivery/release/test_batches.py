"""With `link` a backlog of over 20 goes in emails of up to 20 links; no crash doubles one or loses a referral."""

import contextlib
import re
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, cast

import pytest

from shared.mail.delivery_reports import DeliveryReport
from shared.referrals.delivery.release.batch_log import BATCHES, batch_operation_id
from shared.tables.table import StorageError
from tests.builders import MORNING, referral_request
from tests.fakes import Crash, Fault, InjectedFault, Stall, Stalling, with_fault
from tests.fault_at_any_call import EVERY_FAULT
from tests.unit.shared.referrals.referral_system import RECIPIENT, ReferralHarness

if TYPE_CHECKING:
    from shared.tables.table import Table

MINUTE = timedelta(minutes=1)
FIVE = 5 * MINUTE


class Backlog(ReferralHarness):
    """So many referrals that no one has sent yet, with `link`."""

    def __init__(self, number: int = 21) -> None:
        super().__init__("link")
        self.references = [self.service().accept(referral_request(), MORNING) for _ in range(number)]

    def recover(self, until: float = 60, start: datetime = MORNING) -> None:
        """The timer and the queue, every five minutes."""
        for step in range(1, int(until / 5) + 1):
            self.tick(start + step * FIVE)

    @property
    def times_sent(self) -> Counter[str]:
        """How often each reference was in an email with a link."""
        return Counter(word for mail in self.mails_to(RECIPIENT) for word in named(mail.text, self.references))

    @property
    def states(self) -> Counter[str]:
        return Counter(row.text("State") for row in self.rows)

    @property
    def batches(self) -> list[str]:
        return [key for partition, key in self.own.rows if partition == BATCHES]

    def report_batch(self, status: str, batch: str) -> None:
        assert self.delivery_reports().take(DeliveryReport(batch_operation_id(batch), status), MORNING)


def named(text: str, references: Iterable[str]) -> set[str]:
    words = set(re.findall(r"[0-9A-Z]{8}", text))
    return words & set(references)


def all_once(harness: Backlog) -> bool:
    return harness.times_sent == Counter(dict.fromkeys(harness.references, 1))


@pytest.mark.parametrize(
    ("number", "mails"), [(1, 1), (20, 20), (21, 2), (40, 2), (41, 3), pytest.param(205, 11, marks=pytest.mark.nightly)]
)
def test_over_twenty_go_in_emails_of_twenty(number: int, mails: int) -> None:
    harness = Backlog(number)

    harness.tick(MORNING)

    assert len(harness.sender.sent) == mails
    assert all_once(harness)
    assert harness.states == {"sent": number}
    assert {row.text("Delivery") for row in harness.rows} == {"link"}


def test_email_names_references_days_and_links_and_no_answers() -> None:
    harness = Backlog()
    harness.tick(MORNING)

    mail = max(harness.sender.messages, key=lambda each: len(each.text))
    assert mail.subject == "20 new self-referrals"
    assert mail.text.count("https://collect.example/collect/") == 20
    assert mail.text.count("received on Friday 1 September 2023") == 20
    for answer in ("Zoë", "zoe@home.example", "A difficult year", "acknowledge"):
        assert answer not in mail.text + mail.html


def test_inline_sends_each_by_itself_however_many_wait() -> None:
    harness = ReferralHarness("inline")
    for _ in range(45):
        harness.service().accept(referral_request(), MORNING)

    harness.tick(MORNING)

    assert len(harness.sender.sent) == 45


@pytest.fixture
def threes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Emails of three links, so that every request can be broken in turn."""
    monkeypatch.setattr("shared.referrals.delivery.release.order.BATCH_SIZE", 3)


@pytest.mark.usefixtures("threes")
@pytest.mark.parametrize(("fault", "calls"), EVERY_FAULT)
def test_no_fault_at_any_request_doubles_an_email_or_loses_a_referral(fault: Fault, calls: range) -> None:
    for at in calls:
        harness, trouble = Backlog(5), InjectedFault(at, fault)
        with contextlib.suppress(Crash, StorageError):
            _one_run(harness, trouble)
        harness.recover()

        assert all_once(harness), f"request {at}"
        assert harness.states == {"sent": 5}, f"request {at}"
        if not trouble.triggered:
            assert at > 40, "every request was broken, before the row of the batch and after the last mark"
            return
    pytest.fail("the requests never ended")


def _one_run(harness: Backlog, trouble: InjectedFault) -> None:
    due = harness.work(MORNING, with_fault(trouble))
    for batch in due.batches:
        harness.batch_sender(with_fault(trouble)).deliver(batch, MORNING)


def test_one_that_a_batch_sends_is_never_sent_by_itself_however_long_the_batch_takes() -> None:
    harness = Backlog(21)
    harness.sender.trouble = {1: "crash-before"}
    with contextlib.suppress(Crash):
        harness.tick(MORNING)
    assert harness.states == {"sending": 20, "received": 1}

    for reference in harness.references:
        harness.forwarder().forward(reference, MORNING + 6 * FIVE)

    assert harness.states == {"sending": 20, "sent": 1}
    harness.recover(90)
    assert (len(harness.sender.sent), all_once(harness)) == (2, True)


def test_a_report_on_a_batch_is_not_noted_for_one_that_has_left_it() -> None:
    harness = Backlog(21)
    harness.tick(MORNING)
    [batch] = harness.batches
    left = next(row for row in harness.rows if row.text("Batch") == batch)
    harness.repository().change(left.key, left.etag, Batch="another")

    harness.report_batch("delivered", batch)

    assert harness.states == {"delivered": 19, "sent": 2}


@pytest.mark.parametrize("trouble", ["crash-before", "crash-after", "lost-request", "lost-answer", "throttled"])
@pytest.mark.parametrize("request_number", [0, 1, 2, 3])
@pytest.mark.usefixtures("threes")
def test_no_fault_of_the_mail_service_doubles_an_email_or_loses_a_referral(trouble: str, request_number: int) -> None:
    harness = Backlog(5)
    harness.sender.trouble = {request_number: trouble}

    with contextlib.suppress(Crash):
        harness.tick(MORNING)
    harness.recover(90)

    assert all_once(harness)
    assert harness.states == {"sent": 5}


@pytest.mark.usefixtures("threes")
@pytest.mark.parametrize("after", [False, True], ids=["before the request", "after it"])
@pytest.mark.parametrize("minutes", [30, pytest.param(5, marks=pytest.mark.nightly)])
def test_worker_that_stalls_at_any_request_sends_nothing_twice(minutes: int, *, after: bool) -> None:
    for at in range(400):
        harness = Backlog(4)
        harness.clock.moment = MORNING
        stall = Stall(at, partial(_others, harness, minutes), after)
        _stalling_run(harness, stall)
        _others(harness, 90)

        assert all_once(harness), f"request {at}"
        assert harness.states == {"sent": 4}, f"request {at}"
        if not stall.triggered:
            return
    pytest.fail("the requests never ended")


def _stalling_run(harness: Backlog, stall: Stall) -> None:
    awake, harness.sender = harness.sender, cast("Any", Stalling(harness.sender, stall))
    wrap = lambda table: cast("Table", Stalling(table, stall))  # noqa: E731  # used in two places
    sender, reconciler = harness.batch_sender(wrap), harness.reconciler(wrap)
    harness.sender = awake
    for batch in reconciler.run({}, MORNING).batches:
        sender.deliver(batch, MORNING)


def _others(harness: Backlog, minutes: int) -> None:
    for step in range(1, minutes // 5 + 1):
        harness.clock.moment = MORNING + step * FIVE
        harness.tick(harness.clock.moment)


def test_batch_that_failed_after_it_was_taken_is_sent_again_as_others() -> None:
    harness = Backlog()
    harness.tick(MORNING)
    [batch] = harness.batches

    harness.report_batch("failed", batch)
    harness.report_batch("failed", batch)
    harness.recover()

    counts = harness.times_sent
    assert sorted(counts.values()) == [1] + [2] * 20
    assert harness.states == {"sent": 21}


@pytest.mark.parametrize("status", ["bounced", "suppressed", "quarantined", "filteredspam"])
def test_batch_that_did_not_arrive_needs_attention_for_each_member_once(
    status: str, caplog: pytest.LogCaptureFixture
) -> None:
    harness = Backlog()
    harness.tick(MORNING)
    [batch] = harness.batches

    for _ in range(3):
        harness.report_batch(status, batch)

    assert harness.states == {"attention": 20, "sent": 1}
    assert {row.text("LastError") for row in harness.rows} == {status, ""}
    assert sum(f"delivery report {status}" in each.getMessage() for each in caplog.records) == 20


@pytest.mark.parametrize("status", ["delivered", "bounced", "failed"])
def test_report_that_comes_before_the_mark_stands(status: str) -> None:
    harness = Backlog()
    harness.sender.trouble = {1: "crash-after"}
    with contextlib.suppress(Crash):
        harness.tick(MORNING)
    [batch] = harness.batches

    harness.report_batch(status, batch)
    harness.recover(5)

    expected = {"delivered": "delivered", "bounced": "attention", "failed": "received"}[status]
    assert harness.states[expected] == 20


def test_delivered_batch_makes_each_member_delivered_and_nothing_is_sent_again() -> None:
    harness = Backlog()
    harness.tick(MORNING)

    harness.report_batch("delivered", harness.batches[0])
    harness.recover()

    assert harness.states == {"delivered": 20, "sent": 1}
    assert all_once(harness)


def test_member_that_was_acknowledged_or_erased_meanwhile_is_left_alone() -> None:
    harness = Backlog()
    harness.tick(MORNING)
    [batch] = harness.batches
    members = [row for row in harness.rows if row.text("Batch") == batch]
    first, second = members[0].key, members[1].key
    harness.acknowledging().acknowledge_opened(first, MORNING)
    harness.repository().change(second, members[1].etag, State="erased", ErasedOn="2023-09-01")

    harness.report_batch("bounced", batch)

    found = {row.key: row.text("State") for row in harness.rows}
    assert (found[first], found[second]) == ("acknowledged", "erased")
    assert harness.states["attention"] == 18


def test_member_that_someone_wants_sent_again_goes_by_itself() -> None:
    harness = Backlog()
    harness.tick(MORNING)
    [batch] = harness.batches
    row = next(row for row in harness.rows if row.text("Batch") == batch)
    harness.repository().change(row.key, row.etag, State="received")

    harness.recover()

    assert harness.times_sent[row.key] == 2
    assert harness.repository().status(row.key).batch == ""  # type: ignore[union-attr]  # it is there


def test_many_that_someone_wants_sent_again_go_in_batches_too() -> None:
    harness = Backlog()
    harness.tick(MORNING)
    for row in harness.rows:
        harness.repository().change(row.key, row.etag, State="received")

    harness.tick(MORNING + FIVE)

    assert harness.times_sent == Counter(dict.fromkeys(harness.references, 2))
    assert harness.states == {"sent": 21}
    assert len(harness.sender.sent) == 4


def test_saving_a_stale_copy_of_a_members_row_sends_no_second_email() -> None:
    harness = Backlog()
    stale = {row.key: dict(row.cells) for row in harness.rows}
    harness.tick(MORNING)
    for row in harness.rows:
        harness.repository().change(
            row.key,
            row.etag,
            **{name: value for name, value in stale[row.key].items() if name not in ("PartitionKey", "RowKey")},
        )

    harness.recover()

    assert all_once(harness)
    assert harness.states == {"sent": 21}


def test_a_row_of_a_batch_that_someone_deleted_is_asked_about_and_not_sent_again() -> None:
    harness = Backlog()
    harness.sender.trouble = {1: "crash-after"}
    with contextlib.suppress(Crash):
        harness.tick(MORNING)
    harness.own.rows.clear()

    harness.recover()

    assert all_once(harness)
    assert harness.states == {"sent": 21}


def test_referral_that_went_by_itself_with_its_answer_lost_is_not_in_the_batch() -> None:
    harness = Backlog(22)
    harness.sender.trouble = {0: "lost-answer"}
    harness.forwarder().forward(harness.references[0], MORNING)

    harness.recover()

    assert all_once(harness)
    assert harness.states == {"sent": 22}


def test_batch_that_is_refused_waits_for_a_person_with_everything_kept() -> None:
    harness = Backlog(20 * 2)
    harness.sender.trouble = {1: "refused", 3: "refused"}

    harness.tick(MORNING)
    harness.recover()

    assert harness.mails_to(RECIPIENT) == []
    assert harness.states == {"attention": 40}
    assert len(harness.sealed.rows) == 40


def test_members_are_given_up_after_five_days_and_kept() -> None:
    harness = Backlog()
    harness.sender.trouble = dict.fromkeys(range(5000), "lost-request")
    for hours in range(24 * 5 + 2):
        harness.tick(MORNING + hours * timedelta(hours=1))

    assert harness.states == {"attention": 21}
    assert len(harness.sealed.rows) == 21


@pytest.mark.parametrize("members", ["", "x", "/", "A/x", "A/1 B", "34679CDF/99999999999999999999", "  "])
def test_row_of_a_batch_that_someone_edited_stops_nothing(members: str) -> None:
    harness = Backlog()
    due = harness.work(MORNING)
    [row] = harness.own.query(PartitionKey=BATCHES)
    harness.own.merge({"PartitionKey": BATCHES, "RowKey": row.key, "Members": members}, row.etag)

    for batch in due.batches:
        harness.batch_sender().deliver(batch, MORNING)
    harness.recover()

    assert all_once(harness)
    assert harness.states == {"sent": 21}
