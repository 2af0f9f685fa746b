"""P3, P8 and P9: a booking and a run of the timer where 20,000 bookings are stored, compared with 1,000.

Azurite looks through the whole table for each row that is inserted, so more of them would take many minutes to store.
"""

import statistics
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from time import sleep

from benchmarks.hosts import NO_EMAILS, running_hosts
from benchmarks.measure import ROUNDS, Cost, Measure, cost, median
from benchmarks.parts.timer_run import SETTLING_SECONDS, Timer, settled_timers
from benchmarks.storage import Storage, filled_storage
from benchmarks.stored_rows import Filling, session_id
from benchmarks.ways import Way

PEOPLE = 90  # so that storage is filled in minutes: a transaction is of one session
FEW, MANY = 11, 222
"""Sessions that are over, of so many people each."""

REMINDED = 20
"""People in each session to come."""

_TO_COME, _BOOKINGS = 2 * ROUNDS, 40


def measures(folder: Path) -> Iterator[Measure]:
    """Yields each figure. `folder` gets the logs."""
    now = datetime.now(UTC)
    with ExitStack() as running:
        storages = [
            running.enter_context(filled_storage(folder, f"rows-{past}", _filling(past), now)) for past in (FEW, MANY)
        ]
        ways = [
            Way(running.enter_context(running_hosts(each, folder, settings=NO_EMAILS))[0], "bookings")
            for each in storages
        ]
        timers = settled_timers(*storages)
        ticks = [[cost(timer.tick) for timer in timers] for _ in range(ROUNDS)]
        reminders = _run_with_reminders(storages[1], timers[1], now)
        # Last: their emails are due, and nobody sends them.
        times = [[way.book(_BOOKINGS, session_id(each)).driven.median for way in ways] for each in range(ROUNDS)]
    yield reminders
    yield _booking(times)
    yield _tick([each[0] for each in ticks], [each[1] for each in ticks])


def _filling(past: int) -> Filling:
    return Filling(_TO_COME, REMINDED, past, capacity=1000, past_people=PEOPLE)


def _run_with_reminders(storage: Storage, timer: Timer, now: datetime) -> Measure:
    """The first session is at noon in a week, so the reminders of the day before are due in the afternoon before."""
    morning, afternoon = (datetime.combine(now + timedelta(days=6), time(hour), UTC) for hour in (9, 14))
    for _ in range(2):
        timer.due(morning)  # what is done once a day
        sleep(SETTLING_SECONDS)
    found = list[int]()
    requests = storage.table_requests(lambda: found.append(timer.due(afternoon)))
    if found != [REMINDED]:
        raise RuntimeError(f"{found[0]} emails are due, and not the reminders of {REMINDED} people")
    name = f"P3 table requests, {REMINDED} reminders due among {MANY * PEOPLE:,} bookings"
    return Measure(name=name, ours=requests, budget=1 + 2 * _TO_COME + 3 + 1)


def _booking(times: Sequence[Sequence[float]]) -> Measure:
    few, many = (statistics.median(each[which] for each in times) for which in (0, 1))
    name = f"P8 a booking among {MANY * PEOPLE:,} bookings, median time"
    return Measure(name=name, ours=many, baseline=few, baseline_name=f"among {FEW * PEOPLE:,}", budget=1.25)


def _tick(few: list[Cost], many: list[Cost]) -> Measure:
    name, baseline = f"P9 a run of the timer among {MANY * PEOPLE:,} bookings, CPU", median(few).cpu
    return Measure(
        name=name, ours=median(many).cpu, baseline=baseline, baseline_name=f"among {FEW * PEOPLE:,}", budget=1.25
    )
