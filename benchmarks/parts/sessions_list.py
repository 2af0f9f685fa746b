"""P13: the list of 52 open sessions of 20 people, compared with the start page; warm, and after a quiet time.

After a quiet time one row is read for each place that is taken, for there is no counter that could drift. Where that
time goes, in milliseconds of CPU, on 30 November 2026 (start page: 4):

    the page itself, as when it is warm       7
    the SDK, 1,040 rows of two cells         15 to 17   one bare query of the same rows costs the same
    counting and threads                      1 to 3
    a full collection, in one list of 30     60         3 since `function_app` leaves out what it imports

The start page that a cold list is compared with is asked for after as quiet a time: a virtual machine may be slow
for everyone then. On the one of these figures a loop of `json` in an idle process, 15 ms hot, took 64 to 84 ms of CPU
after six seconds of sleep.

By the clock a list takes 35 to 40 ms where these processes come before all others (`chrt -r 10`), 9 start pages:
Azurite needs 10 to 15 ms for the rows. On a busy machine the time is that of waiting for a processor: compare CPU.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measure import ROUNDS, Cost, Measure, cost, median
from benchmarks.site import Site, running_site
from benchmarks.storage import Storage, filled_storage
from benchmarks.stored_rows import Filling
from shared.bookings.places.list_memory import COUNT_MAX_AGE

SESSIONS, PEOPLE = 52, 20
_START, _LIST = "/", "/sessions"
_CALLS = 10


def measures(folder: Path) -> Iterator[Measure]:
    """Yields each figure. `folder` gets the log of the requests."""
    filling = Filling(SESSIONS, PEOPLE)
    with (
        filled_storage(folder, "sessions-list", filling, datetime.now(UTC)) as storage,
        running_site(storage.settings) as site,
    ):
        yield from _requests(storage, site)
        yield from _times(site)


def _requests(storage: Storage, site: Site) -> Iterator[Measure]:
    first = storage.table_requests(lambda: site.get(_LIST))
    yield Measure(name="P13 table requests, first list of a process", ours=first, budget=2 + SESSIONS)
    yield Measure(name="P13 table requests, warm", ours=storage.table_requests(lambda: site.get(_LIST)), budget=2)
    _wait_until_cold()
    yield Measure(name="P13 table requests, cold", ours=storage.table_requests(lambda: site.get(_LIST)), budget=54)


def _times(site: Site) -> Iterator[Measure]:
    cost(lambda: site.get(_START), _CALLS)
    start, warm, cold, quiet = list[Cost](), list[Cost](), list[Cost](), list[Cost]()
    for _ in range(ROUNDS):
        _wait_until_cold()
        quiet.append(cost(lambda: site.get(_START)))
        _wait_until_cold()
        cold.append(cost(lambda: site.get(_LIST)))
        start.append(cost(lambda: site.get(_START), _CALLS))
        warm.append(cost(lambda: site.get(_LIST), _CALLS))
    yield from _compared("warm", warm, start, budget=3)
    yield from _compared("cold", cold, quiet, budget=10)


def _compared(name: str, found: list[Cost], start: list[Cost], budget: float) -> Iterator[Measure]:
    ours, page = median(found), median(start)
    pairs = {"time": (ours.wall, page.wall), "CPU": (ours.cpu, page.cpu)}
    for kind, (cost_of_ours, baseline) in pairs.items():
        yield Measure(
            name=f"P13 {name}, {kind}",
            ours=cost_of_ours,
            baseline=baseline,
            baseline_name="start page",
            budget=budget,
        )


def _wait_until_cold() -> None:
    time.sleep(COUNT_MAX_AGE + 0.2)
