"""P4 to P6: a booking through the host, compared with one transaction, with the usual sample, and with pretix."""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.hosts import NO_EMAILS, running_hosts
from benchmarks.measure import ROUNDS, Measure
from benchmarks.pretix import NOVEMBER
from benchmarks.storage import filled_storage
from benchmarks.stored_rows import Filling, session_id
from benchmarks.ways import Booked, Way, baseline_ways, median_cpu

BOOKINGS = 40
"""In each round by one client; four times as many by eight."""

_CLIENTS = (1, 8)


def measures(folder: Path) -> Iterator[Measure]:
    """Yields each figure. `folder` gets the logs."""
    filling = Filling(2 * ROUNDS + 1, 0, capacity=1000)
    with (
        filled_storage(folder, "booking", filling, datetime.now(UTC)) as storage,
        running_hosts(storage, folder, settings=NO_EMAILS) as [host],
        baseline_ways(storage, folder) as baselines,
    ):
        ways = {**baselines, "ours": Way(host, "bookings")}
        for way in ways.values():
            way.book(BOOKINGS, session_id(0), 2)
        rounds = {clients: _interleaved(ways, clients) for clients in _CLIENTS}
    yield from _cpu(rounds[1])
    yield from _speed(rounds)


def _interleaved(ways: Mapping[str, Way], clients: int) -> Mapping[str, Sequence[Booked]]:
    number, first = (BOOKINGS, 1) if clients == 1 else (BOOKINGS * 4, 1 + ROUNDS)
    found: dict[str, list[Booked]] = {name: [] for name in ways}
    for each in range(ROUNDS):
        for name, way in ways.items():
            found[name].append(way.book(number, session_id(first + each), clients))
    return found


def _cpu(rounds: Mapping[str, Sequence[Booked]]) -> Iterator[Measure]:
    cpu = {name: median_cpu(found) for name, found in rounds.items()}
    for name, budget in (("bare", 1.3), ("floor", None), ("sample", None)):
        yield Measure(
            name="P4 a booking, CPU of the host",
            ours=cpu["ours"],
            baseline=cpu[name],
            baseline_name=name,
            budget=budget,
        )


def _speed(rounds: Mapping[int, Mapping[str, Sequence[Booked]]]) -> Iterator[Measure]:
    for clients, of_sample, of_pretix in ((1, 0.8, 9), (8, 1.2, 7.5)):
        ours, sample = (
            statistics.median(each.driven.per_second for each in rounds[clients][name]) for name in ("ours", "sample")
        )
        what = f"bookings a second, {clients} client{'s' * (clients > 1)}"
        yield _at_least(f"P5 {what}", ours, sample, "sample", of_sample)
        pretix = sample * NOVEMBER.rest[clients] / NOVEMBER.sample
        yield _at_least(f"P6 {what}", ours, pretix, "pretix of November, by the sample", of_pretix)


def _at_least(name: str, ours: float, baseline: float, baseline_name: str, budget: float) -> Measure:
    return Measure(
        name=name, ours=ours, baseline=baseline, baseline_name=baseline_name, budget=budget, unit="/s", at_least=True
    )
