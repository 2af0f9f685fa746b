"""The real code of one referral, driven by the steps of spec/referral.tla and seen in the words of the model."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from shared.local_time import WorkingDays
from shared.mail.message import EmailMessage
from shared.referrals import interrupted_erasure, transitions
from shared.referrals.delivery.forwarder import operation_id
from shared.referrals.delivery.provider_emails import ProviderEmails
from shared.referrals.follow_up.manual_edits import complete_manual_edit
from shared.referrals.model import NOTHING_TO_TELL, Referral
from shared.referrals.retention.acknowledged_rules import GRACE_WEEKDAYS, may_erase_acknowledged
from shared.tables.table import Row, RowConflictError, Table, moment_text
from tests.builders import MORNING
from tests.fakes import FakeTable
from tests.unit.shared.referrals.referral_system import RECIPIENT, ReferralHarness
from tests.unit.spec.referral import Life
from tests.unit.spec.state_graph import Edge
from tests.unit.spec.stepped_process import SteppedProcess

CLAIM, WRITE, DELETE = "mail.insert", "status.merge", "sealed.delete"
STOPS = {"claimed": CLAIM, "mark": WRITE, "missing": WRITE}
ERASER_STOPS = {"looked": WRITE, "stale": WRITE, "begun": DELETE, "refused": DELETE, "deleted": WRITE}
"""The call that a process stands before at each step of the model."""

LONG_AGO = "2023-08-01"
DAYS = {
    "SentOn": "sent_on",
    "DeliveredOn": "delivered_on",
    "CameBackOn": "came_back_on",
    "AcknowledgedOn": "acknowledged_on",
    "ErasedOn": "erased_on",
}
NUMBERS = ("epoch", "attempts", "redriven", "kept")


class PlainEmails(ProviderEmails):
    """Emails of which only the subject matters: rendering them is tested where it is done."""

    def referral(self, referral: Referral, answers: bytes, now: Any) -> EmailMessage:
        del answers, now
        return EmailMessage(RECIPIENT, f"{referral.reference}/{referral.epoch}", "", "", "")

    def withdrawn(self, referral: Referral) -> EmailMessage:
        return EmailMessage(RECIPIENT, f"withdrawn {referral.reference}", "", "", "")


class StillHarness(ReferralHarness):
    """A harness in which no time passes, and sealed answers need no key."""

    def writer(self) -> ProviderEmails:
        return PlainEmails(**{name: getattr(super().writer(), name) for name in ProviderEmails.__dataclass_fields__})


@dataclass
class ReferralUnderTest:
    """One referral: its tables in memory, the processes that forward it, and the one that erases it."""

    harness: StillHarness = field(default_factory=StillHarness)
    forwarders: dict[int, SteppedProcess] = field(default_factory=dict)
    eraser: SteppedProcess | None = None
    has_found_answers: bool = True

    def __post_init__(self) -> None:
        status, sealed = _accepted_cells()
        self.harness.status.put(status)
        self.harness.sealed.put(sealed)
        self.reference = str(status["RowKey"])

    def take(self, edge: Edge[Life]) -> None:
        """Takes one step of the model with the real code."""
        getattr(self, f"do_{edge.action}")(edge)

    def seen(self, life: Life) -> str:
        """Where the real state differs from that of the model; "" if it does not."""
        row = self._row
        real: dict[str, object] = {name: row.integer(name.title()) or 0 for name in NUMBERS}
        wanted: dict[str, object] = {name: getattr(life, name) for name in NUMBERS}
        real |= {name: bool(row.text(name)) for name in DAYS}
        wanted |= {name: getattr(life, attribute) for name, attribute in DAYS.items()}
        real |= {"state": row.text("State"), "error": row.text("LastError"), "sealed": bool(self.harness.sealed.rows)}
        wanted |= {"state": life.state, "error": life.last_error, "sealed": life.sealed}
        real |= {"waits": row.text("NotBefore") > moment_text(MORNING), "told": _told(row)}
        wanted |= {"waits": life.waits, "told": life.told}
        real |= {"grace is over": row.text("AcknowledgedOn") == LONG_AGO, "gone": self._gone}
        wanted |= {"grace is over": life.grace_over, "gone": life.gone}
        real["forwarders"] = {number: each.stands_before for number, each in self.forwarders.items()}
        steps = enumerate(each.step for each in life.forwarders)
        wanted["forwarders"] = {number: STOPS[step] for number, step in steps if step != "idle"}
        real["eraser"] = self.eraser.stands_before if self.eraser else ""
        is_done = life.eraser == "begun" and not self.has_found_answers  # the step that deletes has nothing to do
        wanted["eraser"] = WRITE if is_done else ERASER_STOPS.get(life.eraser, "")
        unlike = [name for name in wanted if real[name] != wanted[name]]
        return "; ".join(f"{name} is {real[name]}, not {wanted[name]}" for name in unlike)

    def end(self) -> None:
        for process in (*self.forwarders.values(), *([self.eraser] if self.eraser else [])):
            process.kill()

    @property
    def referral(self) -> Referral:
        found = self.harness.repository().status(self.reference)
        assert found is not None
        return found

    @property
    def _row(self) -> Row:
        [row] = self.harness.status.rows.values()
        return row

    @property
    def _gone(self) -> frozenset[int]:
        """The epochs of the emails that were sent."""
        sent = set(self.harness.sender.operations)
        epochs = range(self.referral.epoch + 1)
        return frozenset(each for each in epochs if operation_id(replace(self.referral, epoch=each)) in sent)

    # ---- Forwarding ----

    def do_claim(self, edge: Edge[Life]) -> None:
        def forward(process: SteppedProcess) -> None:
            forwarder = replace(self.harness.forwarder(self._wrapped_by(process)), unseal=lambda *_: b"{}")
            forwarder.forward(self.reference, MORNING)

        self.forwarders[edge.number] = SteppedProcess(forward)
        self.forwarders[edge.number].run_to(CLAIM)

    def do_send(self, edge: Edge[Life]) -> None:
        self.forwarders[edge.number].run_to(WRITE)

    def do_mark(self, edge: Edge[Life]) -> None:
        process = self.forwarders.pop(edge.number)
        process.run_to()
        assert process.result is None, process.result

    def do_crash(self, edge: Edge[Life]) -> None:
        self.forwarders.pop(edge.number).kill()

    # ---- The email service, the provider, the person, and people who type ----

    def do_report(self, edge: Edge[Life]) -> None:
        status, _, epoch = edge.how.partition("-")
        assert self.harness.report(status, MORNING, epoch=int(epoch))

    def do_acknowledge(self, _: Edge[Life]) -> None:
        self.harness.acknowledging().acknowledge(self.reference, MORNING)

    def do_keep(self, _: Edge[Life]) -> None:
        self.harness.acknowledging().keep(self.reference, MORNING, version=self.referral.version)

    def do_withdraw(self, _: Edge[Life]) -> None:
        self.harness.withdrawals().withdraw(self.reference, MORNING)

    def do_complete_withdrawal(self, _: Edge[Life]) -> None:
        self.harness.withdrawals().complete(self.referral, MORNING)

    def do_type(self, edge: Edge[Life]) -> None:
        self.harness.type(State=edge.how)

    def do_typed(self, _: Edge[Life]) -> None:
        referral = self.referral
        self.harness.repository().mark(self.reference, referral.etag, **complete_manual_edit(referral, MORNING))

    # ---- The eraser ----

    def do_eraser_looks(self, _: Edge[Life]) -> None:
        def erase(process: SteppedProcess) -> None:
            referral = self.referral
            if may_erase_acknowledged(referral, GRACE_WEEKDAYS, WorkingDays(), MORNING.date()):
                reason = transitions.reason_of_erasure(referral)
                self.harness.eraser(self._wrapped_by(process)).erase(referral, MORNING, reason)

        self.has_found_answers = bool(self.harness.sealed.rows)
        self.eraser = SteppedProcess(erase)
        self.eraser.run_to(WRITE)

    def do_erase_begin(self, _: Edge[Life]) -> None:
        self._erase_on(DELETE, WRITE)

    def do_erase_delete(self, _: Edge[Life]) -> None:
        if self.has_found_answers:
            self._erase_on(WRITE)

    def do_erase_mark(self, _: Edge[Life]) -> None:
        self._erase_on()

    def _erase_on(self, *names: str) -> None:
        """Goes on to the next of these calls, or to its end: where it meets a conflict the next run goes on."""
        assert self.eraser is not None
        self.eraser.step()
        self.eraser.run_to(*names)
        if self.eraser.has_ended:
            assert self.eraser.result is None or isinstance(self.eraser.result, RowConflictError), self.eraser.result
            self.eraser = None

    def do_eraser_crash(self, _: Edge[Life]) -> None:
        assert self.eraser is not None
        self.eraser.kill()
        self.eraser = None

    def do_settle(self, _: Edge[Life]) -> None:
        interrupted_erasure.settled(self.harness.repository(), self.referral, MORNING)

    # ---- Time: the clock stands still, and what is in the row lies further back ----

    def do_wait_ends(self, _: Edge[Life]) -> None:
        self._back_in_time(NotBefore=moment_text(MORNING))

    def do_grace_passes(self, _: Edge[Life]) -> None:
        self._back_in_time(AcknowledgedOn=LONG_AGO)

    def _back_in_time(self, **cells: str) -> None:
        """Changes no ETag: nobody writes anything."""
        row = self._row
        self.harness.status.rows[row.partition, row.key] = replace(row, cells={**row.cells, **cells})

    def _wrapped_by(self, process: SteppedProcess) -> Callable[[FakeTable], Table]:
        names = {id(getattr(self.harness, name)): name for name in ("status", "sealed", "mail")}
        return lambda table: process.wrap(names[id(table)], table) if id(table) in names else table


def _told(row: Row) -> str:
    """What the model calls it: no withdrawal, or its notice."""
    if row.text("State") != "withdrawn":
        return "no"
    told = row.text("WithdrawnToldOn")
    return "not-sent" if told == NOTHING_TO_TELL else "told" if told else ""


@cache
def _accepted_cells() -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The cells of the status and of the sealed answers of a referral that was just accepted."""
    harness = ReferralHarness()
    harness.accepted()
    [status], [sealed] = harness.status.rows.values(), harness.sealed.rows.values()
    return status.cells, sealed.cells
