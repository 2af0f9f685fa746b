"""Marks of timer runs in the table `Service`: the heartbeat, and the last search for referrals without a status."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.tables.service_table import SERVICE_PARTITION, ServiceRows
from shared.tables.table import Table, moment_text

_HEARTBEAT = "heartbeat"
_RECOVERY = "adoption"
_RECOVERY_INTERVAL = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Recorded at the end of every complete run: a dead timer is noticed by a missing heartbeat."""

    table: Table

    def beat(self, now: datetime) -> None:
        """Records a complete run at `now` (UTC)."""
        self.table.put({"PartitionKey": SERVICE_PARTITION, "RowKey": _HEARTBEAT, "LastOk": moment_text(now)})

    def last(self) -> datetime | None:
        """Returns the time of the last complete run, in UTC; None if there was none."""
        row = self.table.get(SERVICE_PARTITION, _HEARTBEAT)
        return None if row is None else row.moment("LastOk")


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
