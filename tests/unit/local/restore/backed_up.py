"""The booking side in memory with its daily copies: tables that are lost, and what a restoration makes of it."""

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from local.commands.restore import restore
from local.restore.account import Account
from local.restore.report import LeftOut, Report
from shared.backups.daily_backup import AccountBackup
from shared.composition.backups import BackupServices
from shared.config.settings import Settings
from shared.tables.service_table import read_service_rows
from tests.fakes import FakeBlobs, FakeTable
from tests.unit.functions.test_app_roles import EVERYTHING
from tests.unit.shared.bookings.staff_emails.test_organiser_digest import HarnessWithOrganiser

if TYPE_CHECKING:
    from shared.composition.context import AppContext
    from shared.tables.table import Table

DAY = "2023-09-01"


class BackedUp(HarnessWithOrganiser):
    """People book and change their minds; the timer notes deletions as it does in the service."""

    def __init__(self, **cells: Any) -> None:
        super().__init__(**cells)
        self.blobs, self.numbers = FakeBlobs(), FakeTable()
        self.process = self._new_process()
        self.before_writing: Callable[[str], None] = lambda _: None

    @property
    def tables(self) -> dict[str, FakeTable]:
        names = ("Sessions", "Bookings", "MailLog", "MailIndex", "Service", "Numbers")
        tables = (self.sessions, self.bookings, self.log, self.index, self.service, self.numbers)
        return dict(zip(names, tables, strict=True))

    def _new_process(self) -> BackupServices:
        settings = Settings.from_environment(EVERYTHING | {"REMINDERS": "P1D,PT1H"})
        tables = {name: cast("Table", table) for name, table in self.tables.items()}
        tables |= {name: cast("Table", FakeTable()) for name in ("Referrals", "ReferralService")}
        context = SimpleNamespace(settings=settings, booking_tables=tables.get, referral_tables=tables.get)
        built = BackupServices(cast("AppContext", context))
        built.__dict__["_bookings_blobs"] = self.blobs
        return built

    def back_up(self) -> None:
        source = self.process
        AccountBackup("bookings", self.blobs, source._bookings, source._for_restoring).run(self.now)

    def tick(self) -> None:
        super().tick()
        seen = self.schedule().run(read_service_rows(self.service), self.now)
        self.process.note_deleted(seen.reconciled, self.now)

    def lose(self, *names: str) -> None:
        for name in names:
            self.tables[name].rows.clear()
        self.pass_time(minutes=5)

    def restore(self, day: str = DAY, *, write: bool = True, undeleted: Sequence[str] = ()) -> Report:
        found = restore(self.account, day, write=write, undeleted=undeleted)
        self.pass_time(minutes=5)
        return found

    @property
    def account(self) -> Account:
        return Account(lambda name: cast("Table", _Watched(name, self)), self.blobs, lambda: self.now)

    def left_out(self, report: Report, table: str = "Bookings") -> dict[LeftOut, int]:
        return {reason: number for (of, reason, _), number in report.left.items() if of == table}


class _Watched:
    """A table as the restoration reaches it; `before_writing` is told its name before each of its writes."""

    def __init__(self, name: str, system: BackedUp) -> None:
        self._name, self._system = name, system

    def __getattr__(self, operation: str) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            if operation in {"insert", "apply"}:
                self._system.before_writing(self._name)
            return getattr(self._system.tables[self._name], operation)(*args, **kwargs)

        return call
