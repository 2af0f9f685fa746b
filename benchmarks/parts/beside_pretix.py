"""P18 and P19: the list of 52 dates, and bookings a second, beside a pretix; without one, as in November 2026.

A pretix is given by `PRETIX_SITE` (`https://host/ORGANISER/EVENT`, with 52 dates), `PRETIX_ITEM` (the number of a free
item with places enough) and `PRETIX_TOKEN`, in the environment.
"""

import os
import statistics
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.request import urlopen

from benchmarks.hosts import NO_EMAILS, running_hosts
from benchmarks.measure import ROUNDS, Measure
from benchmarks.pretix import NOVEMBER, GivenPretix
from benchmarks.storage import filled_storage
from benchmarks.stored_rows import Filling, session_id
from benchmarks.ways import Way

_ORDERS = 40
_BUDGETS = {1: 9.0, 8: 7.5}


def measures(folder: Path) -> Iterator[Measure]:
    """Yields each figure. `folder` gets the logs."""
    site = os.environ.get("PRETIX_SITE")
    if site is None:
        yield from _november()
        return
    pretix, filling = GivenPretix(site, int(os.environ["PRETIX_ITEM"])), Filling(52, 20, capacity=1000)
    with (
        filled_storage(folder, "pretix", filling, datetime.now(UTC)) as storage,
        running_hosts(storage, folder, settings=NO_EMAILS) as [host],
    ):
        lists = [(_list_time(host.url), pretix.list_time()) for _ in range(ROUNDS + 1)][1:]
        ours, theirs = (statistics.median(each) for each in zip(*lists, strict=True))
        yield _list(ours, theirs, "pretix")
        way = Way(host, "bookings")
        for clients in _BUDGETS:
            rates = [
                (
                    way.book(_ORDERS, session_id(each), clients).driven.per_second,
                    pretix.book(_ORDERS, clients).per_second,
                )
                for each in range(ROUNDS)
            ]
            ours, theirs = (statistics.median(each) for each in zip(*rates, strict=True))
            yield _bookings(clients, ours, theirs, "pretix")


def _november() -> Iterator[Measure]:
    yield _list(NOVEMBER.our_list_time, NOVEMBER.list_time, "pretix, both in November")
    for clients, ours in NOVEMBER.ours.items():
        yield _bookings(clients, ours, NOVEMBER.pages[clients], "pretix, both in November")


def _list(ours: float, theirs: float, name: str) -> Measure:
    return Measure(name="P18 list of 52 dates, time", ours=ours, baseline=theirs, baseline_name=name, budget=0.2)


def _bookings(clients: int, ours: float, theirs: float, name: str) -> Measure:
    return Measure(
        name=f"P19 bookings a second, {clients} client{'s' * (clients > 1)}",
        ours=ours,
        baseline=theirs,
        baseline_name=name,
        budget=_BUDGETS[clients],
        unit="/s",
        at_least=True,
    )


def _list_time(url: str) -> float:
    began = time.perf_counter()
    with urlopen(f"{url}/sessions", timeout=60) as answer:  # noqa: S310  # 127.0.0.1
        answer.read()
    return (time.perf_counter() - began) * 1000
