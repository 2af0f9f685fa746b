"""A whole booking side over tables in memory: people, an administrator, and a schedule that runs."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from shared.bookings.emails.address_limit.mailbox_limits import MailboxLimits
from shared.bookings.emails.composer import BookingMailComposer
from shared.bookings.emails.mailer import BookingMailer
from shared.bookings.emails.manage_links import ManageLinks
from shared.bookings.model.allocation_policy import AllocationPolicy
from shared.bookings.places.request import BookingResult
from shared.bookings.places.service import BookingService
from shared.bookings.reconcile.attendance import AttendanceCells
from shared.bookings.reconcile.reconcile_all import BookingReconciler
from shared.bookings.reconcile.session_reconciler import SessionReconciler
from shared.bookings.self_service.booking_calendar import CalendarNames
from shared.bookings.self_service.service import SelfService
from shared.bookings.tables.past_sessions import PastSessions
from shared.bookings.tables.repository import GUARD, BookingRepository
from shared.bookings.tables.session_finder import SessionFinder
from shared.bookings.tables.session_register import SessionRegister
from shared.config.choices import Attendance
from shared.mail.ledger import MailLedger
from shared.mail.message import EmailMessage
from shared.mail.pause import MailPause
from shared.mail.quota import SendingQuota
from shared.mail.renderer import MailRenderer
from shared.mail.sending import IdempotentSender
from shared.reminder_offsets import parse_offsets
from shared.signing import Signer
from shared.tables.service_table import read_service_rows
from shared.tables.table import Row, Table
from tests.builders import KEY, MORNING, POLICY, booking_request, content, session_cells
from tests.fakes import STANDING_STILL, FakeClock, FakeMailSender, FakeTable, FakeTime

RENDERER = MailRenderer(content())
REMINDERS = parse_offsets("P1D,PT1H")
LINKS = ManageLinks(Signer((KEY,)), "https://support.example")

NAMES = CalendarNames(
    summary="Staff session",
    description="Open this page:",
    location="Online",
    organizer_name="Staff sessions",
    organizer_address="sessions@example.nhs.uk",
)

type Wrap = Callable[[FakeTable], Table]


class BookingHarness:
    """`now` is the harness's clock, `ahead` by how much it is wrong; `tick` runs the schedule and sends."""

    def __init__(self, policy: AllocationPolicy = POLICY, **cells: Any) -> None:
        self.ahead = timedelta(0)
        tables = (FakeTable(lambda: self.now - self.ahead) for _ in range(6))
        self.sessions, self.bookings, self.log, self.index, self.service, self.limits = tables
        self.sender = FakeMailSender(dedupes=False)
        self.clock = FakeClock(STANDING_STILL)
        self.time, self.policy, self.now, self.quota = FakeTime(), policy, MORNING, SendingQuota(0, 0)
        self.attendance = Attendance.COUNT
        self.comes_back: Callable[[str], bool] = lambda _: False
        self._looked_at_sent = 0
        self.add_session(**cells)

    # What people do.

    def book(self, name: str, session_id: str = "s1", *, proves: bool = False, **changes: Any) -> BookingResult:
        """Books; with `proves` the button in the email about an outside address is pressed at once."""
        address = changes.pop("email", f"{name}@example.nhs.uk")
        request = booking_request(session_id=session_id, full_name=name.title(), email=address, **changes)
        booked = self.booking().book(request, self.now)
        for mail_id in booked.mail_ids:
            self.mailer().deliver(session_id, mail_id, self.now)
        self._report_what_comes_back()
        if proves:
            self.prove(name, session_id)
        return booked

    def prove(self, name: str, session_id: str = "s1") -> bool:
        """Presses the button that proves the address, and returns False where it had been pressed before."""
        done = self.self_service().prove(self.token(name, session_id), self.now)
        self._send(done.mails)
        return not done.already

    def cancel(self, name: str, session_id: str = "s1") -> bool:
        done = self.self_service().cancel(self.token(name, session_id), self.now)
        self._send(done.mails)
        return not done.already

    def move(self, name: str, to: str, session_id: str = "s1") -> str:
        done = self.self_service().move(self.token(name, session_id), to, self.now)
        self._send(done.mails)
        return done.moved_to

    def token(self, name: str, session_id: str = "s1") -> str:
        attendee = self.repository().roster(session_id).find(self.row(name, session_id).key)
        assert attendee is not None
        return LINKS.token(session_id, attendee)

    def report(self, address: str, status: str) -> None:
        """The email service reports this of every email that an address got, or of those to everyone at a domain."""
        for operation, message in self.sender.sent:
            if message.to.endswith(address):
                assert self.mailer().record_report(str(operation), status, self.now)

    # What an administrator does.

    def add_session(self, **cells: Any) -> None:
        self.sessions.insert(session_cells(**cells))

    def edit_session(self, session_id: str = "s1", **cells: Any) -> None:
        row = self.session_row(session_id)
        self.sessions.put({**row.cells, **cells})

    def edit(self, name: str, session_id: str = "s1", **cells: Any) -> None:
        row = self.row(name, session_id)
        self.bookings.put({**row.cells, **cells})

    def delete(self, name: str, session_id: str = "s1") -> None:
        row = self.row(name, session_id)
        del self.bookings.rows[(row.partition, row.key)]

    # What the service does.

    def pass_time(self, **how: float) -> None:
        self.now += timedelta(**how)
        self.time.seconds += 10

    def at(self, moment: datetime) -> None:
        self.now = moment
        self.time.seconds += 10

    @contextmanager
    def wrong_clock(self, ahead: timedelta) -> Generator[None]:
        """The body runs in a process whose clock is that far ahead; storage stamps rows by its own, which is right."""
        self.now, self.ahead = self.now + ahead, ahead
        try:
            yield
        finally:
            self.now, self.ahead = self.now - ahead, timedelta(0)

    def tick(self) -> None:
        schedule = self.schedule()
        seen = schedule.run(read_service_rows(self.service), self.now)
        assert seen.complete
        self._send(schedule.mails_within_quota(seen.reconciled, self.now))

    def run_schedule_without_sending(self) -> None:
        """Runs the schedule by itself; nothing that it names is handed over."""
        assert self.schedule().run(read_service_rows(self.service), self.now).complete

    def live(self, *, until: datetime) -> None:
        """Ticks every five minutes while that changes anything, else every hour, up to that moment."""
        step = timedelta(minutes=5)
        while self.now < until:
            self.pass_time(seconds=min(step, until - self.now).total_seconds())
            before = self._changing()
            self.tick()
            step = timedelta(minutes=5 if self._changing() != before else 60)

    def _changing(self) -> tuple[object, ...]:
        """What a run may change beside its own notes."""
        return (len(self.sender.sent), *(dict(table.rows) for table in (self.sessions, self.bookings, self.log)))

    def _send(self, mails: Any) -> None:
        for mail in mails:
            self.mailer().deliver(mail.session_id, mail.mail_id, self.now)
        self._report_what_comes_back()

    def _report_what_comes_back(self) -> None:
        """The email service reports at once that an email to an address that `comes_back` did."""
        new, self._looked_at_sent = self.sender.sent[self._looked_at_sent :], len(self.sender.sent)
        for operation, message in new:
            if self.comes_back(message.to):
                self.mailer().record_report(str(operation), "Bounced", self.now)

    # What can be seen.

    def row(self, name: str, session_id: str = "s1") -> Row:
        found = [row for row in self.rows(session_id) if row.text("Name").casefold() == name.casefold()]
        assert len(found) == 1, f"{len(found)} rows of {name}"
        return found[0]

    def rows(self, session_id: str = "s1") -> list[Row]:
        return [row for row in self.bookings.query(PartitionKey=session_id) if row.key != GUARD]

    def session_row(self, session_id: str = "s1") -> Row:
        [row] = [row for row in self.sessions.query() if row.key == session_id]
        return row

    def states(self, session_id: str = "s1") -> dict[str, str]:
        return {row.text("Name").casefold(): row.text("State") for row in self.rows(session_id)}

    def mails(self, name: str = "") -> list[EmailMessage]:
        return [mail for mail in self.sender.messages if mail.to.startswith(name)]

    def kinds(self, name: str) -> list[str]:
        """The words of the subjects of the mails that someone got, without the date."""
        return [mail.subject.removeprefix("Staff session").partition(":")[0].strip() for mail in self.mails(name)]

    # How it is put together.

    def repository(self, wrap: Wrap = lambda table: table) -> BookingRepository:
        register = SessionRegister(wrap(self.service))
        marks = self.attendance is Attendance.NAMES
        return BookingRepository(wrap(self.sessions), wrap(self.bookings), REMINDERS, register, marks_attendance=marks)

    def booking(self, wrap: Wrap = lambda table: table) -> BookingService:
        repository = self.repository(wrap)
        return BookingService(
            repository, KEY, self.policy, log=self.ledger(), monotonic=self.time.monotonic, sleep=self.time.sleep
        )

    def self_service(self, wrap: Wrap = lambda table: table) -> SelfService:
        finder = SessionFinder(self.repository(wrap), SessionRegister(self.service))
        return SelfService(self.repository(wrap), finder, self.booking(wrap), LINKS, NAMES)

    def ledger(self) -> MailLedger:
        return MailLedger(self.log, self.index)

    def schedule(self, wrap: Wrap = lambda table: table) -> BookingReconciler:
        rosters, mover = self.repository(wrap), self.self_service(wrap).mover
        reconciler = SessionReconciler(
            rosters=rosters,
            log=self.ledger(),
            mover=mover,
            policy=self.policy,
            attendance=AttendanceCells(self.attendance),
        )
        register = SessionRegister(wrap(self.service))
        past = PastSessions(wrap(self.service))
        return BookingReconciler(rows=rosters, reconciler=reconciler, register=register, past=past, quota=self.quota)

    def mailer(self, wrap: Wrap = lambda table: table) -> BookingMailer:
        repository, ledger = self.repository(wrap), MailLedger(wrap(self.log), wrap(self.index))
        composer = BookingMailComposer(
            rosters=repository, log=ledger, renderer=RENDERER, links=LINKS, policy=self.policy
        )
        pause = MailPause(self.service)
        return BookingMailer(
            attendees=repository,
            finder=SessionFinder(repository, SessionRegister(self.service)),
            composer=composer,
            sending=IdempotentSender(ledger=ledger, pause=pause, sender=self.sender, clock=self.clock),
            limits=MailboxLimits(wrap(self.limits), KEY),
            policy=self.policy,
        )
