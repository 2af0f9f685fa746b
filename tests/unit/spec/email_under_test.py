"""The real code of one email, driven by the steps of spec/mail_ledger.tla, and seen in the words of the model."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import cast
from uuid import UUID

from shared.local_time import local_day
from shared.mail.delivery import LONGEST_REQUEST, UNKNOWN_OUTCOME
from shared.mail.ledger import MailLedger
from shared.mail.log_rows import OWN, MailState, read_entry
from shared.mail.message import EmailMessage, MailNotAcceptedError, MailRefusedError, MailStatus, MailUnclearError
from shared.mail.pause import MailPause
from shared.mail.sending import IdempotentSender, OutgoingEmail
from shared.tables.table import Row
from tests.builders import MORNING
from tests.fakes import FakeTable
from tests.unit.spec.mail_ledger import Email, MailLedgerModel
from tests.unit.spec.state_graph import Edge
from tests.unit.spec.stepped_process import SteppedProcess

OPERATION = UUID(int=1)
MESSAGE = EmailMessage("person@trust.example", "Subject", "text", "<p>text</p>", "text")
REMEMBERED_DAYS = 3
STOPS = {"looked": "log.merge", "ask": "status", "send": "clock", "request": "send", "mark": "log.merge"}
"""The call that a process stands before at each step of the model."""


@dataclass
class SteppedSender:
    """The email service as the model has it: it may answer or not, and its status lags, shows, and is forgotten."""

    process: SteppedProcess
    test: "EmailUnderTest"
    remembered_days: int | None = REMEMBERED_DAYS

    def send(self, message: EmailMessage, *, operation_id: UUID) -> None:
        assert (message, operation_id) == (MESSAGE, OPERATION)
        self.process.stop("send", self._answer)

    def status(self, operation_id: UUID) -> MailStatus | None:
        assert operation_id == OPERATION
        return cast("MailStatus | None", self.process.stop("status", self._status))

    def _status(self) -> MailStatus | None:
        is_shown = self.test.model.can_be_asked and self.test.status == "shown"
        return MailStatus.HANDED_OVER if is_shown else None

    def report(self, operation_id: UUID) -> str | None:
        raise NotImplementedError(operation_id)

    def _answer(self) -> None:
        test, (answer, _, how) = self.test, self.test.answer.partition("-")
        if answer == "Accept":
            test.sent += not (test.model.dedupes and test.sent)
            test.status = "lags"
        if how == "unclear":
            raise MailUnclearError("ServiceResponseError")
        if how == "postponed":
            raise MailNotAcceptedError("ServiceRequestError")
        if how == "refused":
            raise MailRefusedError("HTTP 400")


@dataclass
class EmailUnderTest:
    """One email: tables in memory, an email service, a clock, and the processes that send it."""

    model: MailLedgerModel
    log: FakeTable = field(default_factory=FakeTable)
    index: FakeTable = field(default_factory=FakeTable)
    now: datetime = MORNING
    sent: int = 0
    status: str = "none"
    answer: str = ""
    processes: dict[int, SteppedProcess] = field(default_factory=dict)
    claimants: dict[str, int] = field(default_factory=dict)

    def take(self, edge: Edge[Email]) -> None:
        """Takes one step of the model with the real code."""
        getattr(self, f"do_{edge.action}")(edge)

    def seen(self, email: Email) -> str:
        """Where the real state differs from that of the model; "" if it does not."""
        row, index = self._row, self.index.rows.get((str(OPERATION), OWN))
        steps = [
            self.processes[each].stands_before if each in self.processes else "" for each in range(len(email.workers))
        ]
        real: dict[str, object] = {
            "sent": self.sent,
            "status": self.status,
            "steps": steps,
            "state": "" if row is None else _state(row),
            "index": self._day(index.text("At")[:10]) if index else "",
        }
        wanted: dict[str, object] = {
            "sent": email.sent,
            "status": email.status,
            "steps": [STOPS.get(worker.step, "") for worker in email.workers],
            "state": email.state,
            "index": email.index,
        }
        if row is not None and email.state == "sending":
            may_open = email.not_before == "wait" or (email.not_before == "over" and email.status != "lags")
            is_open = self.now >= read_entry(row).not_before
            real |= {
                "unclear_on": self._day(row.text("UnclearOn")),
                "claimed_by": self.claimants[row.text("ClaimedBy")],
            }
            wanted |= {"unclear_on": email.unclear_on, "claimed_by": email.claimed_by}
            real["is open"], wanted["is open"] = is_open, email.not_before == "open" or (is_open and may_open)
        return "" if real == wanted else f"{real} is not {wanted}"

    def end(self) -> None:
        for process in self.processes.values():
            process.kill()

    @property
    def _row(self) -> Row | None:
        return self.log.rows.get(("s1", "mail"))

    def _day(self, text: str) -> str:
        if not text:
            return ""
        is_old = date.fromisoformat(local_day(self.now)) - date.fromisoformat(text) >= timedelta(days=REMEMBERED_DAYS)
        return "old" if is_old else "today"

    def start(self, number: int) -> SteppedProcess:
        def send(process: SteppedProcess) -> None:
            ledger = MailLedger(process.wrap("log", self.log), process.wrap("index", self.index))
            sending = IdempotentSender(
                ledger=ledger,
                pause=MailPause(FakeTable()),
                sender=SteppedSender(process, self),
                clock=lambda: cast("datetime", process.stop("clock", lambda: self.now)),
            )
            email = OutgoingEmail(partition="s1", mail_id="mail", operation_id=OPERATION, message=MESSAGE)
            sending.send(email, self.now)

        self.processes[number] = SteppedProcess(send)
        return self.processes[number]

    def _settle(self, number: int) -> None:
        """Forgets a process that has ended, and remembers who made the claim in the row."""
        if self.processes[number].has_ended:
            result = self.processes.pop(number).result
            assert result is None, result

    def _claimed(self, number: int) -> None:
        row = self._row
        assert row is not None
        self.claimants[row.text("ClaimedBy")] = number

    def do_insert(self, edge: Edge[Email]) -> None:
        self.start(edge.number).run_to("status", "clock")
        self._claimed(edge.number)

    def do_look(self, edge: Edge[Email]) -> None:
        self.start(edge.number).run_to("log.merge")

    def do_take_over(self, edge: Edge[Email]) -> None:
        process = self.processes[edge.number]
        process.step()
        process.run_to("status", "clock")
        if not process.has_ended:
            self._claimed(edge.number)
        self._settle(edge.number)

    def do_ask(self, edge: Edge[Email]) -> None:
        self.processes[edge.number].step()

    do_begin = do_ask

    def do_accept(self, edge: Edge[Email]) -> None:
        self.answer = edge.name
        self.processes[edge.number].step()

    do_not_accept = do_accept

    def do_mark(self, edge: Edge[Email]) -> None:
        self.processes[edge.number].run_to()
        self._settle(edge.number)

    def do_crash(self, edge: Edge[Email]) -> None:
        self.processes.pop(edge.number).kill()

    def do_report(self, edge: Edge[Email]) -> None:
        state = MailState(edge.name.partition("-")[2])
        assert MailLedger(self.log, self.index).record_report(OPERATION, state, self.now)

    def do_lease_ends(self, _: Edge[Email]) -> None:
        self.now = self._not_before - LONGEST_REQUEST

    def do_opens(self, _: Edge[Email]) -> None:
        self.now = max(self.now, self._not_before)

    def do_status_shows(self, edge: Edge[Email]) -> None:
        self.status = edge.after.status

    def do_days_pass(self, edge: Edge[Email]) -> None:
        self.now += timedelta(days=REMEMBERED_DAYS)
        self.status = edge.after.status

    def do_row_is_lost(self, _: Edge[Email]) -> None:
        del self.log.rows[("s1", "mail")]

    @property
    def _not_before(self) -> datetime:
        row = self._row
        assert row is not None
        return read_entry(row).not_before


def _state(row: Row) -> str:
    return (
        "unknown" if row.text("LastError") == UNKNOWN_OUTCOME and row.text("State") == "failed" else row.text("State")
    )
