"""Marks of timer runs in the table `Service`: the heartbeat, and the last search for referrals without a status."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.tables.service_table import SERVICE_PARTITION, ServiceRows
from shared.tables.table import Table, moment_text
from shared.timer.run_report import RunReport

_HEARTBEAT = "heartbeat"
_RECOVERY = "adoption"
_RECOVERY_INTERVAL = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Recorded at the end of every run that went through all it could: a dead timer is noticed by a missing heartbeat.

    With it is recorded what failed in that run.
    """

    table: Table

    def beat(self, report: RunReport) -> None:
        """Records a run."""
        self.table.put({"PartitionKey": SERVICE_PARTITION, "RowKey": _HEARTBEAT} | report.cells())

    def last(self) -> RunReport | None:
        """Returns the report of the last run; None if there was none."""
        return RunReport.read(self.table.get(SERVICE_PARTITION, _HEARTBEAT))

    def before(self, rows: ServiceRows) -> RunReport | None:
        """Returns the same from rows that have just been read."""
        return RunReport.read(rows.get(_HEARTBEAT))


@dataclass(frozen=True, slots=True)
class RecoveryMark:
    """The time of the last search for referrals without a status; it is due again after an hour."""

    table: Table

    def is_due(self, rows: ServiceRows, now: datetime) -> bool:
        """True if the last search is an hour ago or more, or lies in the future because the clock was set back."""
        last = rows[_RECOVERY].moment("LastOk") if _RECOVERY in rows else None
        return last is None or now - last >= _RECOVERY_INTERVAL or last > now

    def done(self, now: datetime) -> None:
        """Records a complete search at `now` (UTC)."""
        self.table.put({"PartitionKey": SERVICE_PARTITION, "RowKey": _RECOVERY, "LastOk": moment_text(now)})
