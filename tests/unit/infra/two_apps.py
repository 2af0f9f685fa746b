"""Both apps over the same tables in memory: each may do what infra/ allows it, and what it does is noted."""

import sys
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

import pytest

from shared.composition import azure_clients
from shared.composition.services import Services
from shared.config.settings import Settings, StorageConnection
from shared.mail.delivery_reports import DeliveryReport
from shared.tables.table import StorageRefusedError, StorageUnavailableError, Table, Write
from tests.builders import MORNING, session_cells
from tests.fakes import Crash, FakeBlobs, FakeMailSender, FakeTable
from tests.unit.functions.test_app_roles import EVERYTHING

type Rights = Mapping[tuple[str, str], frozenset[str]]
"""What an app may do, by app and table: `read`, `add`, `update`, `delete`."""

_NEEDS = {
    **dict.fromkeys(("get", "query", "query_without", "query_partitions", "pages"), frozenset({"read"})),
    "insert": frozenset({"add"}),
    "merge": frozenset({"update"}),
    "put": frozenset({"add", "update"}),
    "delete": frozenset({"delete"}),
}
_OF_WRITE = {"create": "add", "merge": "update", "replace": "update", "delete": "delete"}
_CHANGES = {
    "MAIL_SERVICE": "notify",
    "ORGANISER_EMAIL": "organiser@example.nhs.uk",
    "OPERATORS_EMAIL": "operators@example.nhs.uk",
    "FACILITATOR_EMAIL": "room@example.nhs.uk",
    "BOOKING_DOMAINS": "example.nhs.uk",
    "ATTENDANCE": "names",
    "REFERRALS_PER_HOUR": "20",
    "REFERRAL_MAC_MIGRATION": "2023-09-06",
}


@dataclass
class NotedTable:
    """A table as one app reaches it. An operation without a right is refused."""

    name: str
    app: str
    table: FakeTable
    apps: "TwoApps"

    def __getattr__(self, operation: str) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            needs = _needs(operation, args)
            self.apps.note(self.app, self.name, operation, needs)
            return getattr(self.table, operation)(*args, **kwargs)

        return call


def _needs(operation: str, args: tuple[Any, ...]) -> frozenset[str]:
    if operation != "apply":
        return _NEEDS[operation]
    writes = cast("list[Write]", args[0])
    return frozenset(_OF_WRITE[write.kind] for write in writes)


@dataclass
class TwoApps:
    """The web app and the worker of one installation, with an email service in memory. `now` is their clock."""

    rights: Rights
    now: datetime = MORNING
    tables: defaultdict[str, FakeTable] = field(default_factory=lambda: defaultdict(FakeTable))
    used: defaultdict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    refused: set[tuple[str, str, str]] = field(default_factory=set)
    sites: set[tuple[str, int]] = field(default_factory=set)
    crash_after: int = -2
    """After so many more writes the process that makes the next one is gone; -2 for never."""
    silent: str = ""
    """The table that does not answer; "" for none."""
    containers: list[FakeBlobs] = field(default_factory=list)
    """The containers for copies that were opened, by whichever app."""
    sender: FakeMailSender = field(default_factory=lambda: FakeMailSender(dedupes=False))

    def __post_init__(self) -> None:
        self.tables.default_factory = lambda: FakeTable(lambda: self.now)
        self.web, self.worker = self._app("web"), self._app("worker")

    def _app(self, role: str) -> Services:
        settings = EVERYTHING | _CHANGES | {"SERVICE_ROLE": role}
        return Services(Settings.from_environment(settings), lambda: self.now)

    def patched(self, patch: pytest.MonkeyPatch) -> None:
        """Has the services use these tables and this email service."""
        names = {id(self.web): "web", id(self.worker): "worker"}
        for built in (self.web, self.worker):
            app, context = names[id(built)], built._context
            opened = self._opened(app)
            context.__dict__["booking_tables"] = context.__dict__["referral_tables"] = opened
        patch.setattr(azure_clients, "tables", self._nowhere)
        patch.setattr(azure_clients, "blobs", lambda *_: self._container())
        patch.setattr(azure_clients, "mail_sender", lambda _: self.sender)

    def _opened(self, app: str) -> Callable[[str], Table]:
        return lambda name: cast("Table", NotedTable(name, app, self.tables[name], self))

    def _container(self) -> FakeBlobs:
        self.containers.append(FakeBlobs())
        return self.containers[-1]

    @staticmethod
    def _nowhere(connection: StorageConnection) -> Any:
        raise AssertionError(f"opened past the rights: {connection}")

    def note(self, app: str, table: str, operation: str, needs: frozenset[str]) -> None:
        """Notes one operation and where it is in the code; refuses it if the app has no right to it."""
        caller = sys._getframe(2)
        self.sites.add((caller.f_code.co_filename, caller.f_lineno))
        self.used[app, table] |= needs
        if lacking := needs - self.rights.get((app, table), frozenset()):
            self.refused |= {(app, table, f"{each} ({operation})") for each in lacking}
            raise StorageRefusedError("HTTP 403")
        if table == self.silent:
            raise StorageUnavailableError("silent")
        if needs != {"read"}:
            self.crash_after = max(self.crash_after - 1, -2)
            if self.crash_after == -1:
                raise Crash

    def add_session(self, session_id: str, day: str, **cells: Any) -> None:
        """An administrator adds a session of two places."""
        self.tables["Sessions"].insert(session_cells(RowKey=session_id, Date=day, Capacity=2) | cells)

    def edit(self, table: str, partition: str, key: str, **cells: Any) -> None:
        """Someone types into a row."""
        row = self.tables[table].rows[partition, key]
        self.tables[table].put({**row.cells, **cells})

    def tick(self, **later: float) -> None:
        """The timer runs, that much later, and the queues' functions handle what it names."""
        self.now += timedelta(**(later or {"minutes": 5}))
        due = self.worker.timer_run.run(self.now)
        for batch in due.batches:
            self.worker.referrals.batch_sender.deliver(batch, self.now)
        for reference in due.referrals:
            self.worker.referrals.forwarder.forward(reference, self.now)
        for mail in due.mails:
            self.worker.bookings.mailer.deliver(mail.session_id, mail.mail_id, self.now)

    def report(self, status: str) -> None:
        """The email service reports this of every email that it has."""
        for operation in list(self.sender.operations):
            report = DeliveryReport(UUID(str(operation)), status)
            self.worker.record_report(report, self.now)
