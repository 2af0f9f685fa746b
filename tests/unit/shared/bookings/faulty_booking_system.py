"""A harness of two processes in which anything can go wrong in the middle of anything, and what can be seen of it."""

import re
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from shared.bookings.emails.address_limit.acted import acted_mailboxes
from shared.bookings.emails.address_limit.counted import mailbox
from shared.bookings.model.attendee import Attendee, Roster, can_be_mailed
from shared.bookings.model.email_ids import MailId
from shared.bookings.model.errors import BookingError
from shared.bookings.model.session import Session
from shared.bookings.places.applicant import booking_key
from shared.bookings.places.service import BookingService
from shared.bookings.self_service.service import ActionResult
from shared.bookings.tables.repository import BookingRepository
from shared.bookings.tables.session_register import SessionRegister
from shared.bookings.tables.session_rows import SessionRow
from shared.mail.log_rows import OWN
from shared.mail.message import EmailMessage
from shared.normalised_address import normalised_address
from shared.reminder_offsets import parse_offsets
from shared.tables.service_table import read_service_rows
from shared.tables.table import StorageError, Table
from tests.builders import KEY, session_cells
from tests.fakes import BrokenTable, Crash, FakeMailSender, FakeTable, Fault, InjectedFault
from tests.unit.shared.bookings.booking_system import LINKS, BookingHarness, Wrap

SESSIONS = ("s1", "s2", "s3")
PEOPLE = {name: f"{name}@example.nhs.uk" for name in ("ann", "ben", "cem", "fay")} | {
    name: f"{name}@personal.example.com" for name in ("dee", "eve")
}


@dataclass
class ConcurrentAction(InjectedFault):
    """Somebody else acts just before the n-th call, which then goes through."""

    act: Callable[[], object] = lambda: None

    def triggers(self) -> bool:
        if super().triggers():
            self.act()
        return False


@dataclass
class FaultSwitch:
    """A switch that every table call of the harness passes through."""

    trouble: InjectedFault | None = None

    @property
    def fault(self) -> Fault:
        return self.trouble.fault if self.trouble else "lost-request"

    def triggers(self) -> bool:
        return self.trouble is not None and self.trouble.triggers()


@dataclass(frozen=True)
class SentMail:
    """One mail that the mail service got, or a part of one, and what was so at that moment.

    `is_limited`: nobody had acted through a link in any mail to this mailbox.
    """

    message: EmailMessage
    operation: UUID
    is_limited: bool
    at: datetime
    session_id: str
    mail: MailId
    row: SessionRow | None
    session: Session | None
    attendee: Attendee | None


@dataclass
class RecordingMailSender(FakeMailSender):
    """Keeps with each mail what was so when it was sent."""

    look: Callable[[UUID, EmailMessage], list[SentMail]] | None = None
    sent_mails: list[SentMail] = field(default_factory=list)

    def send(self, message: EmailMessage, *, operation_id: UUID) -> None:
        before = len(self.sent)
        try:
            super().send(message, operation_id=operation_id)
        finally:
            if self.look is not None and len(self.sent) > before:
                self.sent_mails += self.look(operation_id, message)


@dataclass(frozen=True)
class Snapshot:
    """Everything at one moment: the sessions whose row is there, and all rosters."""

    now: datetime
    rows: dict[str, SessionRow]
    rosters: dict[str, Roster]

    def session(self, session_id: str) -> Session | None:
        row = self.rows.get(session_id)
        return None if row is None else row.session

    @property
    def live(self) -> list[tuple[str, Attendee]]:
        found = [(session_id, each) for session_id, roster in self.rosters.items() for each in roster.attendees]
        return [(session_id, each) for session_id, each in found if each.is_live]

    def doubles(self) -> set[tuple[str, str]]:
        """Sessions and people with more than one live booking there."""
        counted = Counter(
            (where, normalised_address(who.email)) for where, who in self.live if can_be_mailed(who.email)
        )
        return {each for each, times in counted.items() if times > 1}

    def person(self, session_id: str, address: str) -> Attendee | None:
        """The live row of who has this address, or booked with it, else one that is not live."""
        key = booking_key(KEY, session_id, normalised_address(address))
        everybody = self.rosters[session_id].attendees
        mine = [
            each
            for each in everybody
            if each.key == key or normalised_address(each.email) == normalised_address(address)
        ]
        return next((each for each in mine if each.is_live), mine[0] if mine else None)


class FaultyBookingHarness(BookingHarness):
    """Its tables and mail service fail when they are told to, and a process that crashes forgets what it knew."""

    def __init__(self, now: datetime, sessions: dict[str, dict[str, Any]]) -> None:
        super().__init__()
        self.now, self.faults, self.process = now, FaultSwitch(), 0
        self.services_by_process: dict[int, BookingService] = {}
        self.real_tables: dict[str, FakeTable] = {}
        for name in ("sessions", "bookings", "log", "index", "service", "limits"):
            self.real_tables[name] = getattr(self, name)
            setattr(self, name, BrokenTable(self.real_tables[name], cast("InjectedFault", self.faults)))
        self.recorder = RecordingMailSender(dedupes=False, look=self._looked_at)
        self.sender = self.recorder
        self.real_tables["sessions"].rows.clear()
        for session_id, cells in sessions.items():
            self.add_session(**{"RowKey": session_id} | cells)

    def booking(self, wrap: Wrap = lambda table: table) -> BookingService:
        """The same for as long as the process lives: it remembers its last look."""
        del wrap
        if self.process not in self.services_by_process:
            self.services_by_process[self.process] = super().booking()
        return self.services_by_process[self.process]

    # What can be seen, without a request.

    def snapshot(self) -> Snapshot:
        rows = {row.id: row for row in self._truth().session_rows()}
        return Snapshot(self.now, rows, {session_id: self._truth().roster(session_id) for session_id in SESSIONS})

    def _truth(self) -> BookingRepository:
        tables = self.real_tables
        register = SessionRegister(tables["service"])
        return BookingRepository(tables["sessions"], tables["bookings"], parse_offsets("P1D,PT1H"), register)

    def _looked_at(self, operation: UUID, message: EmailMessage) -> list[SentMail]:
        log = self.real_tables["log"].rows
        indexed = [row for row in self.real_tables["index"].rows.values() if row.partition == str(operation)]
        parts = [(row.text("Session"), row.text("Mail"), row.key == OWN) for row in indexed]
        joined = [each for each in parts if each[2] or log[each[:2]].text("SentWith") == str(operation)]
        return [self._part(operation, message, session_id, mail) for session_id, mail, _ in joined]

    def _part(self, operation: UUID, message: EmailMessage, session_id: str, mail_text: str) -> SentMail:
        mail = MailId.parse(mail_text)
        assert mail is not None
        row, found = self._truth().session_row(session_id), self._truth().attendee(session_id, mail.attendee)
        assert found is not None
        said = [part for part in re.split(r"(?m)(?=^Session \d+$)", message.text) if found.reference in part]
        if "bookings:" in message.subject:
            assert len(said) == 1, f"{mail.kind} is not in the mail that it went with"
            message = replace(message, text=said[0])
        limited = mailbox(found.email) not in acted_mailboxes(who for *_, who in self._everyone())
        return SentMail(
            message, operation, limited, self.now, session_id, mail, row, row.session if row else None, found
        )

    def _everyone(self) -> list[tuple[str, Attendee]]:
        rosters = ((session_id, self._truth().roster(session_id)) for session_id in SESSIONS)
        return [(session_id, each) for session_id, roster in rosters for each in roster.attendees]

    def waiting(self) -> set[tuple[str, str]]:
        """The mails that wait because of the limit of their address, and are due."""
        found = self.schedule().run(read_service_rows(cast("Table", self.service)), self.now).reconciled
        return {
            (each.session_id, each.mail_id)
            for session in found
            for each in session.due
            if each.mail_id in session.log and session.log[each.mail_id].waits
        }

    # What goes wrong.

    @contextmanager
    def with_faults(self, trouble: InjectedFault | None, of_mail: tuple[int, str] | None) -> Generator[None]:
        """The body runs in a process that dies of a crash."""
        self.faults.trouble = trouble
        self.sender.trouble = {self.sender.requests + of_mail[0]: of_mail[1]} if of_mail else {}
        try:
            yield
        except Crash:
            self.services_by_process.pop(self.process, None)
        finally:
            self.faults.trouble, self.sender.trouble = None, {}

    @contextmanager
    def in_another_process(self) -> Generator[None]:
        """The body runs in another process, where nothing goes wrong, though it may be refused."""
        kept, self.process, self.faults.trouble = (self.process, self.faults.trouble), 1 - self.process, None
        of_mail, self.sender.trouble = self.sender.trouble, {}
        try:
            yield
        except (BookingError, StorageError):
            pass
        finally:
            self.process, self.faults.trouble = kept
            self.sender.trouble = of_mail

    # What is done.

    def run_schedule(self) -> bool:
        schedule = self.schedule()
        seen = schedule.run(read_service_rows(cast("Table", self.service)), self.now)
        self._send(schedule.mails_within_quota(seen.reconciled, self.now))
        return seen.complete

    def cancel_by(self, link: str) -> ActionResult:
        done = self.self_service().cancel(link, self.now)
        self._send(done.mails)
        return done

    def prove_by(self, link: str) -> ActionResult:
        done = self.self_service().prove(link, self.now)
        self._send(done.mails)
        return done

    def move_by(self, link: str, to: str) -> ActionResult:
        done = self.self_service().move(link, to, self.now)
        self._send(done.mails)
        return done

    def type_session(self, session_id: str, **cells: Any) -> None:
        """An administrator types into a session's row, if it is there."""
        if any(key == session_id for _, key in self.real_tables["sessions"].rows):
            self.edit_session(session_id, **cells)
        self.time.seconds += 10  # not in the very instant of a booking

    def type_attendee(self, session_id: str, attendee: Attendee, **cells: Any) -> None:
        row = self.real_tables["bookings"].rows[(session_id, attendee.key)]
        self.real_tables["bookings"].put({**row.cells, **cells})
        self.time.seconds += 10

    def delete_session(self, session_id: str) -> None:
        for key in [key for key in self.real_tables["sessions"].rows if key[1] == session_id]:
            del self.real_tables["sessions"].rows[key]
        self.time.seconds += 10

    def put_back(self, session_id: str, **cells: Any) -> None:
        """An administrator adds the row anew, without what the service had written into it."""
        if not any(key == session_id for _, key in self.real_tables["sessions"].rows):
            self.real_tables["sessions"].insert(session_cells(**{"RowKey": session_id} | cells))
        self.time.seconds += 10


def link_of(session_id: str, attendee: Attendee) -> str:
    return LINKS.token(session_id, attendee)
