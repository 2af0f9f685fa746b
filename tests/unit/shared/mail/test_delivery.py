"""Claim, ask, send, mark: at every point where it can break, one mail arrives - not two and not none."""

import contextlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from shared.bookings.emails.address_limit.mailbox_limits import MailboxLimits
from shared.bookings.emails.composer import BookingMailComposer
from shared.bookings.emails.mailer import BookingMailer
from shared.bookings.model.email_ids import MailId, MailKind
from shared.bookings.places.service import BookingService
from shared.bookings.reconcile.reconcile_all import BookingReconciler
from shared.bookings.reconcile.session_reconciler import SessionReconciler
from shared.bookings.self_service.mover import Mover
from shared.bookings.tables.attendee_rows import write_attendee
from shared.bookings.tables.past_sessions import PastSessions
from shared.bookings.tables.repository import BookingRepository
from shared.bookings.tables.session_finder import SessionFinder
from shared.bookings.tables.session_register import SessionRegister
from shared.mail.delivery import LEASE, TAKEN_OVER_AFTER, UNKNOWN_OUTCOME, Claim, Postponed, hand_over
from shared.mail.ledger import MailLedger
from shared.mail.message import EmailMessage
from shared.mail.pause import MailPause
from shared.mail.renderer import MailRenderer
from shared.mail.sending import IdempotentSender
from shared.reminder_offsets import parse_offsets
from shared.tables.service_table import read_service_rows
from shared.tables.table import StorageError, Table
from tests.builders import KEY, MORNING, POLICY, attendee, content, session, session_cells
from tests.every_row import every_row
from tests.fakes import (
    FAULTS,
    STANDING_STILL,
    Crash,
    FakeClock,
    FakeMailSender,
    FakeTable,
    Fault,
    InjectedFault,
    with_fault,
)
from tests.unit.shared.bookings.booking_system import LINKS

if TYPE_CHECKING:
    from shared.mail.share import MailShare

CONFIRMATION = "booking-a-1-confirmation"
RENDERER = MailRenderer(content())


class MailHarness:
    """One confirmed attendee, the mail side over tables in memory, and a mail service that can be looked into."""

    def __init__(self, *, dedupes: bool = True) -> None:
        self.sessions, self.bookings, self.log, self.index, self.service = (FakeTable() for _ in range(5))
        self.sessions.insert(session_cells())
        self.bookings.insert(write_attendee(session(), attendee()))
        self.sender = FakeMailSender(dedupes=dedupes)
        self.clock = FakeClock(STANDING_STILL)
        self.share: MailShare | None = None

    def mailer(self, wrap: Callable[[FakeTable], Table] = lambda table: table) -> BookingMailer:
        repository = BookingRepository(
            wrap(self.sessions), wrap(self.bookings), parse_offsets("P1D,PT1H"), SessionRegister(wrap(self.service))
        )
        ledger = MailLedger(wrap(self.log), wrap(self.index))
        composer = BookingMailComposer(rosters=repository, log=ledger, renderer=RENDERER, links=LINKS, policy=POLICY)
        pause = MailPause(wrap(self.service))
        return BookingMailer(
            attendees=repository,
            finder=SessionFinder(repository, SessionRegister(wrap(self.service))),
            composer=composer,
            sending=IdempotentSender(
                ledger=ledger, pause=pause, sender=self.sender, clock=self.clock, share=self.share
            ),
            limits=MailboxLimits(wrap(FakeTable()), KEY),
            policy=POLICY,
        )

    def tick(self, now: datetime) -> None:
        """Runs the timer and the queue together, in a process of their own."""
        repository = BookingRepository(
            self.sessions, self.bookings, parse_offsets("P1D,PT1H"), SessionRegister(self.service)
        )
        ledger = MailLedger(self.log, self.index)
        finder = SessionFinder(repository, SessionRegister(self.service))
        mover = Mover(repository, finder, BookingService(repository, KEY, POLICY, log=ledger))
        reconciler = SessionReconciler(rosters=repository, log=ledger, mover=mover, policy=POLICY)
        register = SessionRegister(self.service)
        past = PastSessions(self.service)
        schedule = BookingReconciler(rows=repository, reconciler=reconciler, register=register, past=past)
        found = schedule.run(read_service_rows(self.service), now).reconciled
        due = schedule.mails_within_quota(found, now)
        for mail in due:
            self.mailer().deliver(mail.session_id, mail.mail_id, now)

    def recover(self) -> None:
        for minutes in (5, 10, 15, 20, 25):
            self.tick(MORNING + timedelta(minutes=minutes))

    @property
    def states(self) -> list[str]:
        return [row.text("State") for row in self.log.rows.values()]


def test_a_mail_is_sent_once_however_often_it_is_named() -> None:
    harness = MailHarness()

    for _ in range(5):
        harness.mailer().deliver("s1", CONFIRMATION, MORNING)

    assert len(harness.sender.sent) == 1
    assert harness.states == ["sent"]


def test_a_mail_costs_five_table_requests() -> None:
    harness = MailHarness()
    mailer = harness.mailer()
    mailer.deliver("s1", "someone-1-confirmation", MORNING)  # the pause is read every few seconds, not for each mail
    tables = (harness.sessions, harness.bookings, harness.log, harness.index, harness.service)
    before = sum(table.calls for table in tables)

    mailer.deliver("s1", CONFIRMATION, MORNING)

    assert sum(table.calls for table in tables) - before == 5


@pytest.mark.parametrize("dedupes", [True, False], ids=["provider dedupes", "provider does not"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_at_any_table_call_neither_doubles_nor_loses_the_mail(fault: Fault, *, dedupes: bool) -> None:
    for at in range(100):
        harness, trouble = MailHarness(dedupes=dedupes), InjectedFault(at, fault)
        with contextlib.suppress(Crash, StorageError):
            harness.mailer(with_fault(trouble)).deliver("s1", CONFIRMATION, MORNING)
        if not trouble.triggered:
            assert at >= 5, "each of the five calls was broken"
            return
        harness.recover()

        assert len(harness.sender.sent) == 1, f"call {at}"
        assert harness.states == ["sent"]
    pytest.fail("the calls never ended")


@every_row("dedupes", [True, False])
@every_row("trouble", ["crash-before", "crash-after", "lost-request", "lost-answer", "throttled"])
@every_row("request_number", [0, 1])
def test_a_fault_of_the_mail_service_neither_doubles_nor_loses_the_mail(
    trouble: str, request_number: int, *, dedupes: bool
) -> None:
    harness = MailHarness(dedupes=dedupes)
    harness.sender.trouble = {0: "crash-before", request_number: trouble}
    with contextlib.suppress(Crash):
        harness.mailer().deliver("s1", CONFIRMATION, MORNING)
    for minutes in range(5, 60, 5):
        try:
            harness.tick(MORNING + timedelta(minutes=minutes))
        except Crash:
            continue

    assert len(harness.sender.sent) == 1
    assert harness.states == ["sent"]


@pytest.mark.parametrize("fault", ["lost-answer", "lost-request"])
def test_a_claim_whose_answer_was_lost_is_held_by_whoever_made_it_if_it_was_written(fault: Fault) -> None:
    log, index = FakeTable(), FakeTable()
    broken = with_fault(InjectedFault(0, fault))(log)

    claim = MailLedger(broken, index).claim("s1", CONFIRMATION, Claim(uuid4()), MORNING)

    if fault == "lost-request":
        assert (claim, log.rows) == (None, {})
        return
    assert claim is not None
    assert (claim.may_send(MORNING), claim.taken_over) == (True, False)
    assert log.rows[("s1", CONFIRMATION)].text("ClaimedBy") == claim.claimant


@every_row("asked", [False, True])
def test_an_attempt_that_may_have_gone_is_repeated_once_its_status_would_show_and_is_remembered(*, asked: bool) -> None:
    sender, claim = FakeMailSender(trouble={0: "lost-answer"}), Claim(uuid4(), lease_ends=MORNING + LEASE)
    email = EmailMessage(to="a@b.example", subject="s", text="t", html="h", markdown="m")
    if asked:
        claim = replace(claim, taken_over=True, unclear_on="2023-08-30")

    outcome = hand_over(lambda: email, claim, sender, FakeClock(MORNING))

    unclear_on = "2023-08-30" if asked else "2023-09-01"
    assert outcome == Postponed(TAKEN_OVER_AFTER, pause_all=False, code="ServiceResponseError", unclear_on=unclear_on)


def test_sending_again_without_asking_doubles_the_mail() -> None:
    """The negative control: a provider that does not dedupe, and a claim that is taken for a first one in good time."""
    harness = MailHarness(dedupes=False)
    harness.sender.trouble = {0: "crash-after"}
    with pytest.raises(Crash):
        harness.mailer().deliver("s1", CONFIRMATION, MORNING)
    harness.log.rows.clear()
    harness.index.rows.clear()

    harness.mailer().deliver("s1", CONFIRMATION, MORNING + timedelta(minutes=5))

    assert len(harness.sender.sent) == 2


@pytest.mark.parametrize("minutes", [8, 15, 24 * 60])
def test_an_email_that_should_have_gone_is_asked_about_before_it_is_sent_whatever_was_lost(minutes: int) -> None:
    """The log and the index may both be lost, while the bookings are there."""
    harness = MailHarness(dedupes=False)
    harness.mailer().deliver("s1", CONFIRMATION, MORNING)
    harness.log.rows.clear()
    harness.index.rows.clear()

    harness.tick(MORNING + timedelta(minutes=minutes))

    assert (len(harness.sender.sent), len(harness.sender.asked)) == (1, 1)
    assert harness.states == ["sent"]


def test_an_email_that_is_late_and_of_which_nobody_knows_is_sent() -> None:
    harness = MailHarness(dedupes=False)

    harness.tick(MORNING + timedelta(hours=1))

    assert (len(harness.sender.sent), len(harness.sender.asked)) == (1, 1)


def test_an_email_whose_row_was_lost_and_that_the_index_knows_is_asked_about_before_it_is_sent() -> None:
    harness = MailHarness(dedupes=False)
    harness.mailer().deliver("s1", CONFIRMATION, MORNING)
    harness.log.rows.clear()

    harness.tick(MORNING + timedelta(minutes=15))

    assert len(harness.sender.sent) == 1
    assert len(harness.sender.asked) == 1


def test_an_email_whose_row_was_lost_and_that_the_email_service_may_have_forgotten_waits_for_a_person() -> None:
    harness = MailHarness(dedupes=False)
    harness.sender.remembers = 3
    harness.mailer().deliver("s1", CONFIRMATION, MORNING)
    harness.log.rows.clear()
    sent, harness.sender.sent = len(harness.sender.sent), []  # the service has forgotten it

    harness.mailer().deliver("s1", CONFIRMATION, MORNING + timedelta(days=4))

    assert (sent, harness.sender.sent) == (1, [])
    [row] = harness.log.rows.values()
    assert (row.text("State"), row.text("LastError")) == ("failed", UNKNOWN_OUTCOME)


def test_a_throttled_service_is_left_alone_for_as_long_as_it_asked() -> None:
    harness = MailHarness()
    harness.sender.trouble = {0: "throttled"}
    mailer = harness.mailer()
    mailer.deliver("s1", CONFIRMATION, MORNING)

    mailer.deliver("s1", CONFIRMATION, MORNING + timedelta(minutes=4))
    assert harness.sender.requests == 1

    harness.tick(MORNING + timedelta(minutes=5))
    assert len(harness.sender.sent) == 1


def test_a_pause_that_one_process_began_is_kept_by_another() -> None:
    harness = MailHarness()
    harness.sender.trouble = {0: "throttled"}
    harness.mailer().deliver("s1", CONFIRMATION, MORNING)
    harness.bookings.insert(write_attendee(session(), attendee(key="booking-b", email="ben@example.nhs.uk")))

    harness.mailer().deliver("s1", "booking-b-1-confirmation", MORNING + timedelta(minutes=4))

    assert harness.sender.requests == 1, "the other process asked nothing of the mail service"


def test_a_mail_that_is_refused_for_good_is_failed_and_not_tried_again() -> None:
    harness = MailHarness()
    harness.sender.trouble = {0: "refused"}
    harness.mailer().deliver("s1", CONFIRMATION, MORNING)
    harness.recover()

    assert harness.states == ["failed"]
    assert harness.sender.requests == 1


def test_who_cancelled_before_the_mail_went_out_gets_none() -> None:
    harness = MailHarness()
    [row] = harness.bookings.rows.values()
    harness.bookings.merge({"PartitionKey": "s1", "RowKey": row.key, "State": "cancelled"}, row.etag)

    harness.mailer().deliver("s1", CONFIRMATION, MORNING)

    assert harness.sender.sent == []
    assert harness.log.rows == {}


@pytest.mark.parametrize("mail_id", ["booking-b-1-confirmation", "booking-a-2-confirmation", "nonsense", ""])
def test_message_for_an_email_that_is_not_due_is_dropped(mail_id: str) -> None:
    harness = MailHarness()

    harness.mailer().deliver("s1", mail_id, MORNING)

    assert harness.sender.sent == []


@pytest.mark.parametrize("claimed", [True, False], ids=["after a claim", "before any claim"])
def test_handling_that_failed_again_and_again_is_left_alone_for_an_hour(*, claimed: bool) -> None:
    harness = MailHarness()
    if claimed:
        wanted = Claim(MailId("booking-a", 1, MailKind.CONFIRMATION).operation_id("s1"))
        MailLedger(harness.log, harness.index).claim("s1", CONFIRMATION, wanted, MORNING)

    harness.mailer().defer("s1", CONFIRMATION, MORNING)
    assert [row.text("LastError") for row in harness.log.rows.values()] == ["handling-failed"]
    harness.tick(MORNING + timedelta(minutes=59))
    assert harness.sender.sent == []

    harness.tick(MORNING + timedelta(minutes=60))
    assert len(harness.sender.sent) == 1


def test_refused_status_query_does_not_cause_a_resend() -> None:
    harness = MailHarness(dedupes=False)
    harness.sender.trouble = {0: "crash-after", 1: "refused"}
    with contextlib.suppress(Crash):
        harness.mailer().deliver("s1", CONFIRMATION, MORNING)
    for minutes in range(5, 40, 5):
        harness.tick(MORNING + timedelta(minutes=minutes))

    assert len(harness.sender.sent) == 1
    assert harness.states == ["sent"]
