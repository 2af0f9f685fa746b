"""Several processes at once, one table call at a time, in an order that a test draws: the same order every time."""

import contextlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, cast

from shared.tables.table import Table
from tests.fakes import Crash, FakeTable
from tests.unit.shared.bookings.booking_system import Wrap

type Process = Callable[[Wrap], object]
"""What one process does, with every table that it uses wrapped."""


@dataclass
class Turns:
    """Lets one process at a time make one table call; `choose` picks whose call is next."""

    choose: Callable[[Sequence[int]], int]
    waiting: set[int] = field(default_factory=set)
    running: int = 0
    turn: int | None = None
    changed: threading.Condition = field(default_factory=threading.Condition)

    def await_turn(self, me: int) -> None:
        with self.changed:
            self.waiting.add(me)
            self.running -= 1
            self.changed.notify_all()
            self.changed.wait_for(lambda: self.turn == me)
            self.turn = None
            self.waiting.remove(me)
            self.running += 1

    def end(self) -> None:
        with self.changed:
            self.running -= 1
            self.changed.notify_all()

    def conduct(self) -> None:
        """Gives turns until every process has ended."""
        while True:
            with self.changed:
                self.changed.wait_for(lambda: self.running == 0 and self.turn is None)
                if not self.waiting:
                    return
                self.turn = self.choose(sorted(self.waiting))
                self.changed.notify_all()
                self.changed.wait_for(lambda: self.turn is None)


class TurnTakingTable:
    """A table each of whose calls waits for the turn of the process that makes it."""

    def __init__(self, table: Table, await_turn: Callable[[], None]) -> None:
        self._table, self._await_turn = table, await_turn

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._table, name)

        def in_turn(*args: Any, **kwargs: Any) -> Any:
            self._await_turn()
            return call(*args, **kwargs)

        return in_turn


def _bursts(random: Random, changes: float) -> Callable[[Sequence[int]], int]:
    last = [-1]

    def choose(waiting: Sequence[int]) -> int:
        if last[0] not in waiting or random.random() < changes:
            last[0] = random.choice(waiting)
        return last[0]

    return choose


def run_at_once(processes: Sequence[Process], random: Random) -> list[object]:
    """Runs all of them, calls in a random order, and returns what each returned or raised; None for a crash.

    Some orders change between the processes at every other call, others seldom: a process may sleep for long.
    """
    turns = Turns(_bursts(random, changes=random.choice([0.5, 0.2, 0.1])), running=len(processes))
    results: list[object] = [None] * len(processes)

    def run(me: int) -> None:
        def wrap(table: FakeTable) -> Table:
            return cast("Table", TurnTakingTable(table, lambda: turns.await_turn(me)))

        try:
            with contextlib.suppress(Crash):
                results[me] = processes[me](wrap)
        except Exception as error:  # noqa: BLE001  # what a process raised is its result
            results[me] = error
        finally:
            turns.end()

    threads = [threading.Thread(target=run, args=(me,)) for me in range(len(processes))]
    for thread in threads:
        thread.start()
    turns.conduct()
    for thread in threads:
        thread.join()
    return results
