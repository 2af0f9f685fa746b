"""P7: fifty people at once for twelve places, at one host and at four that know nothing of each other."""

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.hosts import NO_EMAILS, running_hosts
from benchmarks.load import drive
from benchmarks.measure import ROUNDS, Measure
from benchmarks.storage import Storage, filled_storage
from benchmarks.stored_rows import Filling, session_id
from benchmarks.ways import person
from local.stack.host_client import HostClient

PEOPLE, PLACES = 50, 12
_EXPECTED = Counter({201: PLACES, 409: PEOPLE - PLACES})
_BUDGETS = {1: 60, 4: 110}


def measures(folder: Path) -> Iterator[Measure]:
    """Yields each figure. `folder` gets the logs."""
    filling = Filling(2 * ROUNDS + 2, 0, capacity=PLACES)
    with filled_storage(folder, "contention", filling, datetime.now(UTC)) as storage:
        for first, (number, budget) in zip((0, ROUNDS + 1), _BUDGETS.items(), strict=True):
            with running_hosts(storage, folder, number, settings=NO_EMAILS) as hosts:
                for host in hosts:
                    drive(f"{host.url}/bookings", [person(session_id(first), 1)])
                trials = [_trial(storage, hosts, session_id(first + each + 1)) for each in range(ROUNDS)]
            yield from _found(trials, f"{PEOPLE} at once at {number} host{'s' * (number > 1)}", budget)


def _found(trials: Sequence[tuple[Counter[int], int]], name: str, budget: int) -> Iterator[Measure]:
    wrong = sum(statuses != _EXPECTED for statuses, _ in trials)
    yield Measure(name=f"P7 {name}: trials without exactly {PLACES} places and no error", ours=wrong, budget=0)
    yield Measure(name=f"P7 {name}: table requests, the most", ours=max(count for _, count in trials), budget=budget)


def _trial(storage: Storage, hosts: Sequence[HostClient], session: str) -> tuple[Counter[int], int]:
    """The statuses that they were answered with, and the requests to tables that it took."""
    statuses: Counter[int] = Counter()

    def book(number: int) -> Counter[int]:
        return drive(f"{hosts[number % len(hosts)].url}/bookings", [person(session, number)]).statuses

    def all_at_once() -> None:
        with ThreadPoolExecutor(PEOPLE) as pool:
            for answered in pool.map(book, range(PEOPLE)):
                statuses.update(answered)

    return statuses, storage.table_requests(all_at_once)
