"""P10 and P11: from the start of a process to its first booking and its first page, and a warm page."""

import http.client
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.hosts import BASELINE, NO_EMAILS, process_of, running_hosts
from benchmarks.load import drive
from benchmarks.measure import ROUNDS, Measure
from benchmarks.storage import Storage, filled_storage
from benchmarks.stored_rows import Filling, session_id
from benchmarks.ways import person
from local.paths import ROOT
from local.process.usage import Process
from local.stack.host_client import HostClient

_PAGES = 100


@dataclass(frozen=True, slots=True)
class _Start:
    """Milliseconds of CPU: from the start of a host to its first answer, of that answer alone, and of a warm page."""

    started: float
    first: float
    warm: float = 0.0


def measures(folder: Path) -> Iterator[Measure]:
    """Yields each figure. `folder` gets the logs."""
    with filled_storage(folder, "cold-start", Filling(ROUNDS + 1, 0), datetime.now(UTC)) as storage:
        booked, ours, nothing = list[_Start](), list[_Start](), list[_Start]()
        for each in range(ROUNDS + 1):
            nothing.append(_first_page(storage, folder, BASELINE, "/nothing"))
            booked.append(_first_booking(storage, folder, each))
            ours.append(_first_page(storage, folder, ROOT, "/"))
    yield from _compared(booked[1:], ours[1:], nothing[1:])  # the first compiles


def _compared(booked: list[_Start], ours: list[_Start], nothing: list[_Start]) -> Iterator[Measure]:
    def median(starts: list[_Start], name: str) -> float:
        return statistics.median(float(getattr(each, name)) for each in starts)

    yield Measure(
        name="P10 cold start to the first place given, CPU",
        ours=median(booked, "started"),
        baseline=median(nothing, "started"),
        budget=1.7,
        baseline_name="nothing",
    )
    yield Measure(
        name="P11 a warm page, CPU",
        ours=median(ours, "warm"),
        baseline=median(nothing, "warm"),
        budget=3,
        baseline_name="nothing",
    )
    over = median(ours, "first") - median(nothing, "first")
    yield Measure(name="P11 first page over nothing, ms of CPU", ours=round(over), budget=50)


@contextmanager
def _cold(storage: Storage, folder: Path, app: Path) -> Iterator[tuple[HostClient, Process]]:
    with running_hosts(storage, folder, app=app, settings=NO_EMAILS) as [host]:
        yield host, process_of(host)


def _first_booking(storage: Storage, folder: Path, number: int) -> _Start:
    with _cold(storage, folder, ROOT) as (host, process):
        before = process.cpu()
        if drive(f"{host.url}/bookings", [person(session_id(number), 1)]).statuses != {201: 1}:
            raise RuntimeError("the first booking was refused")
        return _Start(process.cpu(), process.cpu() - before)


def _first_page(storage: Storage, folder: Path, app: Path, path: str) -> _Start:
    with _cold(storage, folder, app) as (host, process):
        before = process.cpu()
        _get(host, path, 1)
        started = process.cpu()
        time.sleep(0.2)
        rested = process.cpu()
        _get(host, path, _PAGES)
        return _Start(started, started - before, (process.cpu() - rested) / _PAGES)


def _get(host: HostClient, path: str, times: int) -> None:
    connection = http.client.HTTPConnection(urlsplit(host.url).netloc, timeout=60)
    try:
        for _ in range(times):
            connection.request("GET", path, headers={"accept": "text/html"})
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{path}: HTTP {answer.status}")
    finally:
        connection.close()
