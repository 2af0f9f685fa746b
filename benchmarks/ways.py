"""Ways to book, each at a host of its own kind, and what a booking costs that host."""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from azure.data.tables import TableServiceClient

from benchmarks.baseline.names import TABLE
from benchmarks.hosts import BASELINE, process_of, running_hosts
from benchmarks.load import Driven, drive
from benchmarks.storage import Storage
from local.stack.host_client import HostClient

BASELINES = ("floor", "sample", "bare")
"""One transaction by hand, the usual sample, and one transaction through the SDK."""


@dataclass(frozen=True, slots=True)
class Booked:
    """Milliseconds of the host's CPU for each booking, and the answers."""

    cpu: float
    driven: Driven


class Way:
    """One way to book: an address of a host, and people who have not booked before."""

    def __init__(self, host: HostClient, path: str) -> None:
        self._url, self._process, self._numbers = f"{host.url}/{path}", process_of(host), count()

    def book(self, number: int, session: str, clients: int = 1) -> Booked:
        """Books so many places in a session. Raises RuntimeError if one is not given."""
        bodies = [person(session, next(self._numbers)) for _ in range(number)]
        before = self._process.cpu()
        driven = drive(self._url, bodies, clients)
        if set(driven.statuses) != {201}:
            raise RuntimeError(f"{self._url}: {driven.statuses}")
        return Booked((self._process.cpu() - before) / number, driven)


@contextmanager
def baseline_ways(storage: Storage, folder: Path) -> Iterator[Mapping[str, Way]]:
    """Starts a host of the app without the service; yields what a booking is compared with, by name."""
    with TableServiceClient.from_connection_string(storage.settings["BOOKINGS_STORAGE"]) as service:
        service.create_table_if_not_exists(TABLE)
    with running_hosts(storage, folder, app=BASELINE) as [host]:
        yield {name: Way(host, name) for name in BASELINES}


def median_cpu(booked: Sequence[Booked]) -> float:
    return statistics.median(each.cpu for each in booked)


def person(session: str, number: int) -> Mapping[str, object]:
    """A booking as a program sends it."""
    email = f"newcomer-{number}@nhs.net"
    return {"session_id": session, "full_name": "Ann Lee", "email": email, "group_agreement": True}
