"""P14: a run of the timer with nothing due, with 1,000 past sessions and without them."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from time import sleep

from benchmarks.measure import ROUNDS, Cost, Measure, cost, median
from benchmarks.storage import Storage, filled_storage
from benchmarks.stored_rows import Filling
from shared.composition.services import Services
from shared.config.settings import Settings

SESSIONS, PEOPLE, PAST = 52, 10, 1000
_SETTLING_RUNS = 3  # the first marks what is over and writes what is missing, the others read these rows once more
SETTLING_SECONDS = 7.0


def measures(folder: Path) -> Iterator[Measure]:
    """Yields each figure. `folder` gets the logs of the requests."""
    now = datetime.now(UTC)
    with ExitStack() as running:
        without, with_past = (
            running.enter_context(filled_storage(folder, f"timer-{past}", Filling(SESSIONS, PEOPLE, past), now))
            for past in (0, PAST)
        )
        timers = settled_timers(without, with_past)
        requests = with_past.table_requests(timers[1].tick)
        more = requests - without.table_requests(timers[0].tick)
        yield Measure(name="P14 table requests, nothing due", ours=requests, budget=1 + 2 * SESSIONS + 3)
        yield Measure(name="P14 table requests more with past sessions", ours=more, budget=0)
        rounds = [[cost(timer.tick) for timer in timers] for _ in range(ROUNDS)]
    yield from _compared([each[0] for each in rounds], [each[1] for each in rounds])


def _compared(without: list[Cost], with_past: list[Cost]) -> Iterator[Measure]:
    name, baseline = f"P14 {PAST} past sessions, CPU", median(without).cpu
    yield Measure(name=name, ours=median(with_past).cpu, baseline=baseline, baseline_name="none", budget=1.1)


class Timer:
    """The timer of a service in this process."""

    def __init__(self, storage: Storage) -> None:
        self._services = Services(Settings.from_environment(storage.settings), lambda: datetime.now(UTC))

    def tick(self) -> None:
        if self.due(self._services.now()):
            raise RuntimeError("something is due")

    def due(self, now: datetime) -> int:
        """Runs it at this moment, in UTC, and returns the number of emails and referrals that are due."""
        due = self._services.timer_run.run(now)
        return len(due.mails) + len(due.referrals)


def settled_timers(*storages: Storage) -> Sequence[Timer]:
    """Timers that have read everything once and have nothing to write any more."""
    timers = [Timer(each) for each in storages]
    for _ in range(_SETTLING_RUNS):
        for timer in timers:
            timer.tick()
        sleep(SETTLING_SECONDS)
    return timers
