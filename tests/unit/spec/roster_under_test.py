"""The real code around one session, driven by the steps of spec/roster_guard.tla and seen in the words of the model."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from shared.bookings.tables.repository import GUARD
from shared.tables.table import Row, Table
from tests.builders import MORNING, booking_request
from tests.fakes import FakeTable, Key
from tests.unit.shared.bookings.booking_system import BookingHarness
from tests.unit.spec.roster_guard import Roster, RosterGuardModel
from tests.unit.spec.state_graph import Edge
from tests.unit.spec.stepped_process import SteppedProcess

NAMES = ("ann", "ben", "cem")
READS, WRITES = "bookings.query", ("bookings.apply", "bookings.insert", "bookings.merge")


class RosterTable(FakeTable):
    """Rows keep their ETag where only what people read is written, such as `Mail`.

    With another ETag someone else's write would fail and be tried again: more conflicts, no other outcome.
    """

    def _store(self, key: Key, cells: dict[str, Any]) -> str:
        was = self.rows.get(key)
        etag = super()._store(key, cells)
        if was is None or key[1] == GUARD or was.cells["State"] != cells["State"]:
            return etag
        self.rows[key] = Row(self.rows[key].cells, was.etag)
        return was.etag


@dataclass
class RosterUnderTest:
    """One session: its tables in memory, and the processes of the people and of the timer."""

    model: RosterGuardModel
    walk: Sequence[Edge[Roster]]
    harness: BookingHarness = field(default_factory=lambda: BookingHarness(Capacity=1))
    processes: dict[int, SteppedProcess] = field(default_factory=dict)
    decided: set[int] = field(default_factory=set)
    taken: int = 0

    def __post_init__(self) -> None:
        self.harness.bookings = RosterTable()
        self.harness.sessions.rows.clear()
        self.harness.sessions.put(_announced_cells(self.model.capacity))

    def take(self, edge: Edge[Roster]) -> None:
        """Takes one step of the model with the real code."""
        self.taken += 1
        getattr(self, f"do_{edge.action}")(edge)

    def seen(self, roster: Roster) -> str:
        """Where the real state differs from that of the model; "" if it does not."""
        steps = {number: "decided" if number in self.decided else "looked" for number in self.processes}
        real = (self._states, self._waiting, self._session.cells["Capacity"], steps)
        waiting = [number for number, state in enumerate(roster.states) if state == "waiting"]
        wanted = (
            roster.states,
            sorted(waiting, key=roster.waiting_since.__getitem__),
            roster.capacity,
            {number: act.step for number, act in enumerate(roster.acts) if act.step != "idle"},
        )
        return "" if real == wanted else f"{real} is not {wanted}"

    def end(self) -> None:
        for process in self.processes.values():
            process.kill()

    @property
    def _rows(self) -> dict[str, Row]:
        return {row.text("Name").casefold(): row for row in self.harness.bookings.rows.values() if row.key != GUARD}

    @property
    def _session(self) -> Row:
        [row] = self.harness.sessions.rows.values()
        return row

    @property
    def _states(self) -> tuple[str, ...]:
        rows = self._rows
        return tuple(rows[name].text("State") if name in rows else "" for name in NAMES[: self.model.people])

    @property
    def _waiting(self) -> list[int]:
        rows = self._rows
        waiting = [name for name, row in rows.items() if row.text("State") == "waiting"]
        return [NAMES.index(name) for name in sorted(waiting, key=lambda name: rows[name].text("WaitingSince"))]

    # ---- The steps ----

    def do_look(self, edge: Edge[Roster]) -> None:
        work = self._timer() if edge.number == self.model.people else self._person(edge.number)
        process = self.processes[edge.number] = SteppedProcess(work)
        process.run_to(READS)
        process.step()

    def do_decide(self, edge: Edge[Roster]) -> None:
        """Goes on to the write, or to the end; a timer that gives no place writes at most what people read."""
        process = self.processes[edge.number]
        is_for_people = edge.number == self.model.people and process.stands_before in WRITES
        process.run_to(*(() if is_for_people else WRITES))
        if process.has_ended:
            self._settle(edge.number)
        else:
            self.decided.add(edge.number)

    def do_write(self, edge: Edge[Roster]) -> None:
        """Writes; who meets a conflict reads everything again, which in the model is another look."""
        process = self.processes[edge.number]
        process.step()
        process.run_to(READS)
        if process.has_ended:
            self._settle(edge.number)
        else:
            self._kill(edge.number)

    def do_crash(self, edge: Edge[Roster]) -> None:
        self._kill(edge.number)

    def do_edit(self, edge: Edge[Roster]) -> None:
        self.harness.edit_session(Capacity=int(edge.how))

    def _settle(self, number: int) -> None:
        process = self.processes.pop(number)
        self.decided.discard(number)
        assert not isinstance(process.result, Exception), process.result

    def _kill(self, number: int) -> None:
        self.processes.pop(number).kill()
        self.decided.discard(number)

    # ---- The processes ----

    def _person(self, number: int) -> Callable[[SteppedProcess], object]:
        name, now = NAMES[number], self._arrival(number)
        if not self._states[number]:
            request = booking_request(full_name=name.title(), email=f"{name}@example.nhs.uk", join_waiting_list=True)
            return lambda process: self.harness.booking(self._wrapped_by(process)).book(request, now)
        link = self.harness.token(name)
        return lambda process: self.harness.self_service(self._wrapped_by(process)).cancel(link, now)

    def _timer(self) -> Callable[[SteppedProcess], object]:
        def work(process: SteppedProcess) -> object:
            wrap = self._wrapped_by(process)
            row = self.harness.repository(wrap).session_row("s1")
            assert row is not None
            return self.harness.schedule(wrap).reconciler.reconcile(row, (), self._moment(self.taken))

        return work

    def _wrapped_by(self, process: SteppedProcess) -> Callable[[FakeTable], Table]:
        names = {id(self.harness.bookings): "bookings", id(self.harness.sessions): "sessions"}
        return lambda table: process.wrap(names[id(table)], table) if id(table) in names else table

    def _arrival(self, number: int) -> datetime:
        """The moment at which the request comes: in the order in which they are written, as the model has it."""
        later = (
            at
            for at in range(self.taken, len(self.walk))
            if (self.walk[at].name, self.walk[at].number) == ("Write", number)
        )
        return self._moment(next(later, len(self.walk)))

    def _moment(self, at: int) -> datetime:
        return MORNING + timedelta(seconds=at)


@cache
def _announced_cells(capacity: int) -> Mapping[str, Any]:
    """The cells of a session after a run of the timer: they say what people are told from now on."""
    harness = BookingHarness(Capacity=capacity)
    harness.run_schedule_without_sending()
    return harness.session_row().cells
