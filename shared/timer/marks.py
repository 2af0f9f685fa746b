"""What the timer remembers of its runs: the heartbeat, and the last look for sealed referrals without a status."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.tables.service_table import SERVICE_PARTITION, ServiceRows
from shared.tables.table import Table, moment_text

_HEARTBEAT = "heartbeat"


_RECOVERY = "adoption"


_RECOVERY_INTERVAL = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Written at the end of every run of the schedule: a dead timer is noticed by its silence."""

    table: Table

    def beat(self, now: datetime) -> None:
        self.table.put({"PartitionKey": SERVICE_PARTITION, "RowKey": _HEARTBEAT, "LastOk": moment_text(now)})

    def last(self) -> datetime | None:
        """When the schedule last finished, in UTC; None where it never has."""
        row = self.table.get(SERVICE_PARTITION, _HEARTBEAT)
        return None if row is None else row.moment("LastOk")


@dataclass(frozen=True, slots=True)
class RecoveryMark:
    """When referrals without a status were last looked for: an hour ago is long enough, however late the timer was."""

    table: Table

    def is_due(self, rows: ServiceRows, now: datetime) -> bool:
        last = rows[_RECOVERY].moment("LastOk") if _RECOVERY in rows else None
        return last is None or now - last >= _RECOVERY_INTERVAL or last > now

    def done(self, now: datetime) -> None:
        self.table.put({"PartitionKey": SERVICE_PARTITION, "RowKey": _RECOVERY, "LastOk": moment_text(now)})
