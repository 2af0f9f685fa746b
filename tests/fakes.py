"""Doubles of the ports, each held to its real counterpart by a contract test; and wrappers that break them."""

import itertools
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, cast
from uuid import UUID

from shared.backups.blobs import BlobExistsError
from shared.mail.message import (
    EmailMessage,
    MailNotAcceptedError,
    MailRefusedError,
    MailSetUpError,
    MailStatus,
    MailUnclearError,
)
from shared.tables.table import (
    MAX_WRITES,
    TIMESTAMP,
    Row,
    RowConflictError,
    StorageRefusedError,
    StorageUnavailableError,
    Table,
    Without,
    Write,
)

type Key = tuple[str, str]


class FakeTable:
    """One table in memory: ETags, transactions and conflicts as the service's; safe to use from threads.

    `clock` is storage's own, by which rows are stamped when they are written. `calls` are requests.
    """

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.rows: dict[Key, Row] = {}
        self.calls = 0
        self._clock = clock
        self._written: dict[Key, datetime] = {}
        self._lock = threading.Lock()
        self._etags = itertools.count(1)

    def get(self, partition: str, key: str) -> Row | None:
        with self._lock:
            self.calls += 1
            return self.rows.get((partition, key))

    def query(self, select: Sequence[str] = (), **like: str) -> list[Row]:
        return self._query(lambda row: like.items() <= row.cells.items(), select)

    def query_without(self, left_out: Without, select: Sequence[str] = ()) -> list[Row]:
        return self._query(lambda row: not self._is_left_out(row, left_out), select)

    def _query(self, is_wanted: Callable[[Row], bool], select: Sequence[str]) -> list[Row]:
        with self._lock:
            found = [row for _, row in sorted(item for item in self.rows.items() if is_wanted(item[1]))]
            self.calls += len(_pages(found))
            read_at = self._clock().replace(microsecond=0)
        return [_selected(row, select, read_at) for row in found]

    def query_partitions(
        self, first: str, last: str, select: Sequence[str], unlike: Sequence[tuple[str, str]] = ()
    ) -> tuple[list[Row], bool]:
        with self._lock:
            inside = sorted(item for item in self.rows.items() if first <= item[0][0] <= last)
            pages = _pages([row for _, row in inside if all(row.cells.get(name) != text for name, text in unlike)])
            self.calls += 1
        return [Row(_selected(row, select).cells, "") for row in pages[0]], len(pages) == 1

    def pages(self) -> Iterator[list[Row]]:
        with self._lock:
            pages = _pages([row for _, row in sorted(self.rows.items())])
        for page in pages:
            self.calls += 1
            yield list(page)

    def insert(self, cells: Mapping[str, Any]) -> str:
        return self.apply([Write("create", cells)])[0]

    def merge(self, cells: Mapping[str, Any], etag: str) -> str:
        return self.apply([Write("merge", cells, etag)])[0]

    def put(self, cells: Mapping[str, Any]) -> None:
        with self._lock:
            self.calls += 1
            self._store(_key(cells), dict(cells))

    def delete(self, partition: str, key: str, etag: str | None = None) -> None:
        with self._lock:
            self.calls += 1
            row = self.rows.get((partition, key))
            if row is not None and etag and row.etag != etag:
                raise RowConflictError("delete")
            self.rows.pop((partition, key), None)

    def apply(self, writes: Sequence[Write]) -> list[str]:
        with self._lock:
            self.calls += 1
            self._check(writes)
            return [self._write(write) for write in writes]

    def _check(self, writes: Sequence[Write]) -> None:
        if len(writes) > MAX_WRITES or len({write.cells["PartitionKey"] for write in writes}) > 1:
            raise StorageRefusedError("not one transaction")
        for write in writes:
            if not _fits(write, self.rows.get(_key(write.cells))):
                raise RowConflictError(write.kind)

    def _write(self, write: Write) -> str:
        key = _key(write.cells)
        if write.kind == "delete":
            del self.rows[key]
            return ""
        kept = dict(self.rows[key].cells) if write.kind == "merge" else {}
        return self._store(key, kept | {name: value for name, value in write.cells.items() if value is not None})

    def _store(self, key: Key, cells: dict[str, Any]) -> str:
        etag = f'W/"{next(self._etags)}"'
        self._written[key] = self._clock()
        plain = {name: str(value) if isinstance(value, str) else value for name, value in cells.items()}
        self.rows[key] = Row(plain, etag, written_at=self._written[key])
        return etag

    def _is_left_out(self, row: Row, left_out: Without) -> bool:
        written = self._written.get((row.partition, row.key), left_out.since)
        return row.cells.get(left_out.column) == left_out.value and written < left_out.since


class FakeBlobs:
    """A container in memory: each blob as it was written, by name. `calls` are the operations, in their order."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.calls: list[str] = []

    def names(self, prefix: str = "") -> list[str]:
        self.calls.append("names")
        return sorted(name for name in self.blobs if name.startswith(prefix))

    def write(self, name: str, parts: Iterable[bytes]) -> None:
        self.calls.append("write")
        content = b"".join(parts)
        if name in self.blobs:
            raise BlobExistsError(name)
        self.blobs[name] = content

    def read(self, name: str) -> Iterator[bytes]:
        self.calls.append("read")
        if name not in self.blobs:
            raise StorageRefusedError("HTTP 404")
        # In pieces that end anywhere.
        yield from (bytes(part) for part in itertools.batched(self.blobs[name], 100, strict=False))

    def delete(self, name: str) -> None:
        self.calls.append("delete")
        self.blobs.pop(name, None)


def _pages(rows: Sequence[Row]) -> list[tuple[Row, ...]]:
    """The answers of as many requests as the service needs: 1,000 rows each, and one for none."""
    return list(itertools.batched(rows, 1000, strict=False)) or [()]


def _selected(row: Row, select: Sequence[str], read_at: datetime | None = None) -> Row:
    written_at = row.written_at if not select or TIMESTAMP in select else None
    cells = {name: row.cells[name] for name in select if name in row.cells} if select else dict(row.cells)
    return Row(cells, row.etag, read_at, written_at)


def _fits(write: Write, row: Row | None) -> bool:
    if write.kind == "create":
        return row is None
    return row is not None and (row.etag == write.etag or (write.kind == "delete" and not write.etag))


def _key(cells: Mapping[str, Any]) -> Key:
    return (cells["PartitionKey"], cells["RowKey"])


class Crash(BaseException):  # not an error anyone handles: the process is gone
    """The process died here. Not an `Exception`, so that nothing that tidies up after errors hides it."""


type Fault = Literal["lost-request", "lost-answer", "own-conflict", "crash-before", "crash-after"]

FAULTS: tuple[Fault, ...] = ("lost-request", "lost-answer", "own-conflict", "crash-before", "crash-after")


@dataclass
class InjectedFault:
    """Breaks the n-th call, counted from 0 over everything that shares this object, and none after it."""

    at: int
    fault: Fault
    calls: int = 0

    def triggers(self) -> bool:
        self.calls += 1
        return self.calls - 1 == self.at

    @property
    def triggered(self) -> bool:
        return self.calls > self.at


@dataclass
class Stall:
    """Makes this process stand still at the n-th request, before it is made or after, for as long as `meanwhile` runs.

    Requests are counted from 0 over all tables and the email service that share this object. Before `send` it never
    stands still: a request under way ends in time, because the adapters give up sooner.
    """

    at: int
    meanwhile: Callable[[], None]
    after: bool = False
    calls: int = 0

    def around(self, name: str, call: Callable[[], Any]) -> Any:
        self.calls += 1
        is_now = self.calls - 1 == self.at
        if is_now and not self.after and name != "send":
            self.meanwhile()
        found = call()
        if is_now and self.after:
            self.meanwhile()
        return found

    @property
    def triggered(self) -> bool:
        return self.calls > self.at


class Stalling:
    """A table or an email service of a process that stands still as `stall` says."""

    def __init__(self, real: object, stall: Stall) -> None:
        self._real = real
        self._stall = stall

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._real, name)
        if not callable(call):
            return call
        return lambda *args, **kwargs: self._stall.around(name, lambda: call(*args, **kwargs))


_WRITING = frozenset({"insert", "merge", "put", "delete", "apply"})


class BrokenTable:
    """A table whose calls go wrong as `trouble` says: before anything happened, or after it did."""

    def __init__(self, table: Table, trouble: InjectedFault) -> None:
        self._table = table
        self._trouble = trouble

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._table, name)
        if not callable(call):  # what a test looks at, not a request
            return call

        def broken(*args: Any, **kwargs: Any) -> Any:
            if not self._trouble.triggers():
                return call(*args, **kwargs)
            return _go_wrong(self._trouble.fault, lambda: call(*args, **kwargs), writing=name in _WRITING)

        return broken


def with_fault(trouble: InjectedFault) -> Callable[[Table], Table]:
    """Wraps tables so that the n-th call over all of them goes wrong."""
    return lambda table: cast("Table", BrokenTable(table, trouble))


def _go_wrong(fault: Fault, call: Any, *, writing: bool) -> Any:
    if fault == "crash-before":
        raise Crash
    if fault == "lost-request":
        raise StorageUnavailableError("lost before")
    call()
    if fault == "crash-after":
        raise Crash
    # The SDK's own second try meets the first: only a write can conflict with itself.
    raise RowConflictError("own first try") if fault == "own-conflict" and writing else StorageUnavailableError("lost")


@dataclass
class FakeMailSender:
    """An email service in memory. `trouble` maps the number of a request, from 0, to what goes wrong with it."""

    dedupes: bool = True
    sent: list[tuple[UUID, EmailMessage]] = field(default_factory=list)
    asked: list[UUID] = field(default_factory=list)
    failed: set[UUID] = field(default_factory=set)
    trouble: dict[int, str] = field(default_factory=dict)
    requests: int = 0
    remembers: int | None = None
    reports: dict[UUID, str] = field(default_factory=dict)

    @property
    def remembered_days(self) -> int | None:
        return self.remembers

    def send(self, message: EmailMessage, *, operation_id: UUID) -> None:
        trouble = self._next()
        _raise_before(trouble)
        if not (self.dedupes and operation_id in self.operations):
            self.sent.append((operation_id, message))
        _raise_after(trouble)

    def status(self, operation_id: UUID) -> MailStatus | None:
        trouble = self._next()
        self.asked.append(operation_id)
        _raise_before(trouble)
        _raise_after(trouble)
        if operation_id in self.failed:
            return MailStatus.FAILED
        return MailStatus.HANDED_OVER if operation_id in self.operations else None

    def report(self, operation_id: UUID) -> str | None:
        trouble = self._next()
        _raise_before(trouble)
        _raise_after(trouble)
        self.asked.append(operation_id)
        return self.reports.get(operation_id)

    @property
    def operations(self) -> list[UUID]:
        return [operation_id for operation_id, _ in self.sent]

    @property
    def messages(self) -> list[EmailMessage]:
        return [message for _, message in self.sent]

    def _next(self) -> str:
        self.requests += 1
        return self.trouble.get(self.requests - 1, "")


def _raise_before(trouble: str) -> None:
    if trouble == "crash-before":
        raise Crash
    if trouble == "throttled":
        raise MailNotAcceptedError("HTTP 429", timedelta(minutes=5))
    if trouble == "set-up":
        raise MailSetUpError("HTTP 403 AuthError")
    if trouble == "lost-request":
        raise MailNotAcceptedError("ServiceRequestError")
    if trouble == "refused":
        raise MailRefusedError("HTTP 400")


def _raise_after(trouble: str) -> None:
    if trouble == "crash-after":
        raise Crash
    if trouble == "lost-answer":
        raise MailUnclearError("ServiceResponseError")


@dataclass
class FakeTime:
    """Monotonic seconds that pass only when someone sleeps."""

    seconds: float = 100.0

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


STANDING_STILL = datetime(2000, 1, 1, tzinfo=UTC)
"""Before every moment that tests pass in: nothing takes any time between a claim and what follows it."""


@dataclass
class FakeClock:
    """A clock that shows what it is set to."""

    moment: datetime

    def __call__(self) -> datetime:
        return self.moment
