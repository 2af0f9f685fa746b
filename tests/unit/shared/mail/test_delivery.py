"""Claim, ask, send, mark: at every point where it can break, one mail arrives - not two and not none."""

import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from shared.bookings.emails.composer import BookingWriter
from shared.bookings.emails.mailer import BookingMailer
from shared.bookings.model.email_ids import MailId, MailKind
from shared.bookings.places.service import BookingService
from shared.bookings.reconcile.reconcile_all import BookingSchedule
from shared.bookings.reconcile.session_reconciler import LookingAfter
from shared.bookings.self_service.service import Managing
from shared.bookings.tables.attendee_rows import write_attendee
from shared.bookings.tables.repository import BookingRepository
from shared.bookings.tables.session_finder import SessionFinder
from shared.bookings.tables.session_register import SessionRegister
from shared.mail.delivery import Claim
from shared.mail.ledger import MailLedger
from shared.mail.pause import MailPause
from shared.mail.renderer import Letters
from shared.reminder_offsets import parse_offsets
from shared.tables.service_table import remembered
from shared.tables.table import StorageError, Table
from tests.builders import KEY, MORNING, POLICY, attendee, content, session, session_cells
from tests.fakes import FAULTS, Crash, FakeMailSender, FakeTable, Fault, Trouble, breaking
from tests.unit.shared.bookings.booking_system import LINKS, NAMES

CONFIRMATION = "booking-a-1-confirmation"
LETTERS = Letters(content())


class Post:
    """One confirmed attendee, the mail side over tables in memory, and a mail service that can be looked into."""

    def __init__(self, *, dedupes: bool = True) -> None:
        self.sessions, self.bookings, self.log, self.index, self.service = (FakeTable() for _ in range(5))
        self.sessions.insert(session_cells())
        self.bookings.insert(write_attendee(session(), attendee()))
        self.sender = FakeMailSender(dedupes=dedupes)

    def mailer(self, wrap: Callable[[FakeTable], Table] = lambda table: table) -> BookingMailer:
        repository = BookingRepository(wrap(self.sessions), wrap(self.bookings), parse_offsets("P1D,PT1H"))
        ledger = MailLedger(wrap(self.log), wrap(self.index))
        writer = BookingWriter(rosters=repository, log=ledger, letters=LETTERS, links=LINKS, policy=POLICY)
        pause = MailPause(wrap(self.service))
        return BookingMailer(
            attendees=repository,
            finder=SessionFinder(repository, SessionRegister(wrap(self.service))),
            ledger=ledger,
            pause=pause,
            sender=self.sender,
            writer=writer,
            policy=POLICY,
        )

    def tick(self, now: datetime) -> None:
        """What the schedule and the queue do together, in a process of their own."""
        repository = BookingRepository(self.sessions, self.bookings, parse_offsets("P1D,PT1H"))
        ledger = MailLedger(self.log, self.index)
        finder = SessionFinder(repository, SessionRegister(self.service))
        mover = Managing(repository, finder, BookingService(repository, KEY, POLICY), LINKS, NAMES)
        looking = LookingAfter(rosters=repository, log=ledger, mover=mover, policy=POLICY)
        register = SessionRegister(self.service)
        schedule = BookingSchedule(rows=repository, looking=looking, register=register)
        found = schedule.run(remembered(self.service), now).looked
        due = schedule.released(found, now)
        for mail in due:
            self.mailer().deliver(mail.session_id, mail.mail_id, now)

    def recover(self) -> None:
        for minutes in (5, 10, 15, 20, 25):
            self.tick(MORNING + timedelta(minutes=minutes))

    @property
    def states(self) -> list[str]:
        return [row.text("State") for row in self.log.rows.values()]


def test_a_mail_is_sent_once_however_often_it_is_named() -> None:
    post = Post()

    for _ in range(5):
        post.mailer().deliver("s1", CONFIRMATION, MORNING)

    assert len(post.sender.sent) == 1
    assert post.states == ["sent"]


def test_a_mail_costs_five_table_requests() -> None:
    post = Post()
    mailer = post.mailer()
    mailer.deliver("s1", "somebody-1-confirmation", MORNING)  # the pause is read every few seconds, not for each mail
    tables = (post.sessions, post.bookings, post.log, post.index, post.service)
    before = sum(table.calls for table in tables)

    mailer.deliver("s1", CONFIRMATION, MORNING)

    assert sum(table.calls for table in tables) - before == 5


@pytest.mark.parametrize("dedupes", [True, False], ids=["provider dedupes", "provider does not"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_at_any_table_call_neither_doubles_nor_loses_the_mail(fault: Fault, *, dedupes: bool) -> None:
    for at in range(100):
        post, trouble = Post(dedupes=dedupes), Trouble(at, fault)
        with contextlib.suppress(Crash, StorageError):
            post.mailer(breaking(trouble)).deliver("s1", CONFIRMATION, MORNING)
        if not trouble.struck:
            assert at >= 5, "each of the five calls was broken"
            return
        post.recover()

        assert len(post.sender.sent) == 1, f"call {at}"
        assert post.states == ["sent"]
    pytest.fail("the calls never ended")


@pytest.mark.parametrize("dedupes", [True, False], ids=["provider dedupes", "provider does not"])
@pytest.mark.parametrize("trouble", ["crash-before", "crash-after", "lost-request", "lost-answer", "throttled"])
@pytest.mark.parametrize("request_number", [0, 1], ids=["sending", "asking"])
def test_a_fault_of_the_mail_service_neither_doubles_nor_loses_the_mail(
    trouble: str, request_number: int, *, dedupes: bool
) -> None:
    post = Post(dedupes=dedupes)
    post.sender.trouble = {0: "crash-before", request_number: trouble}
    with contextlib.suppress(Crash):
        post.mailer().deliver("s1", CONFIRMATION, MORNING)
    for minutes in range(5, 60, 5):
        try:
            post.tick(MORNING + timedelta(minutes=minutes))
        except Crash:
            continue

    assert len(post.sender.sent) == 1
    assert post.states == ["sent"]


def test_sending_again_without_asking_doubles_the_mail() -> None:
    """The negative control: a provider that does not dedupe, and a claim that is taken for a first one."""
    post = Post(dedupes=False)
    post.sender.trouble = {0: "crash-after"}
    with pytest.raises(Crash):
        post.mailer().deliver("s1", CONFIRMATION, MORNING)
    post.log.rows.clear()

    post.tick(MORNING + timedelta(minutes=15))

    assert len(post.sender.sent) == 2


def test_a_throttled_service_is_left_alone_for_as_long_as_it_asked() -> None:
    post = Post()
    post.sender.trouble = {0: "throttled"}
    mailer = post.mailer()
    mailer.deliver("s1", CONFIRMATION, MORNING)

    mailer.deliver("s1", CONFIRMATION, MORNING + timedelta(minutes=4))
    assert post.sender.requests == 1

    post.tick(MORNING + timedelta(minutes=5))
    assert len(post.sender.sent) == 1


def test_a_pause_that_one_process_began_is_kept_by_another() -> None:
    post = Post()
    post.sender.trouble = {0: "throttled"}
    post.mailer().deliver("s1", CONFIRMATION, MORNING)
    post.bookings.insert(write_attendee(session(), attendee(key="booking-b", email="ben@example.nhs.uk")))

    post.mailer().deliver("s1", "booking-b-1-confirmation", MORNING + timedelta(minutes=4))

    assert post.sender.requests == 1, "the other process asked nothing of the mail service"


def test_a_mail_that_is_refused_for_good_is_failed_and_not_tried_again() -> None:
    post = Post()
    post.sender.trouble = {0: "refused"}
    post.mailer().deliver("s1", CONFIRMATION, MORNING)
    post.recover()

    assert post.states == ["failed"]
    assert post.sender.requests == 1


def test_who_cancelled_before_the_mail_went_out_gets_none() -> None:
    post = Post()
    [row] = post.bookings.rows.values()
    post.bookings.merge({"PartitionKey": "s1", "RowKey": row.key, "State": "cancelled"}, row.etag)

    post.mailer().deliver("s1", CONFIRMATION, MORNING)

    assert post.sender.sent == []
    assert post.log.rows == {}


@pytest.mark.parametrize("mail_id", ["booking-b-1-confirmation", "booking-a-2-confirmation", "nonsense", ""])
def test_a_message_that_names_nothing_owed_is_dropped(mail_id: str) -> None:
    post = Post()

    post.mailer().deliver("s1", mail_id, MORNING)

    assert post.sender.sent == []


@pytest.mark.parametrize("claimed", [True, False], ids=["after a claim", "before any claim"])
def test_handling_that_failed_again_and_again_is_left_alone_for_an_hour(*, claimed: bool) -> None:
    post = Post()
    if claimed:
        wanted = Claim(MailId("booking-a", 1, MailKind.CONFIRMATION).operation_id("s1"))
        MailLedger(post.log, post.index).claim("s1", CONFIRMATION, wanted, MORNING)

    post.mailer().hold("s1", CONFIRMATION, MORNING)
    assert [row.text("LastError") for row in post.log.rows.values()] == ["handling-failed"]
    post.tick(MORNING + timedelta(minutes=59))
    assert post.sender.sent == []

    post.tick(MORNING + timedelta(minutes=60))
    assert len(post.sender.sent) == 1


def test_a_question_that_is_refused_says_nothing_about_the_mail() -> None:
    post = Post(dedupes=False)
    post.sender.trouble = {0: "crash-after", 1: "refused"}
    with contextlib.suppress(Crash):
        post.mailer().deliver("s1", CONFIRMATION, MORNING)
    for minutes in range(5, 40, 5):
        post.tick(MORNING + timedelta(minutes=minutes))

    assert len(post.sender.sent) == 1
    assert post.states == ["sent"]
