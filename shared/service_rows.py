"""The table `Service`: when the schedule last ran, and until when the mail service wants to be left alone."""

from dataclasses import dataclass
from datetime import UTC, datetime

from shared.rows import Table, moment_text

_PARTITION = "service"
_HEARTBEAT = "heartbeat"
_MAIL_PAUSE = "mail-pause"


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Written at the end of every run of the schedule: a dead timer is noticed by its silence."""

    table: Table

    def beat(self, now: datetime) -> None:
        self.table.put({"PartitionKey": _PARTITION, "RowKey": _HEARTBEAT, "LastOk": moment_text(now)})

    def last(self) -> datetime | None:
        """When the schedule last finished, in UTC; None where it never has."""
        row = self.table.get(_PARTITION, _HEARTBEAT)
        return None if row is None else row.moment("LastOk")


class MailPause:
    """Sending too soon after a "too many requests" makes the pause longer, so every sender keeps to it."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._until = datetime.min.replace(tzinfo=UTC)

    def is_on(self, now: datetime) -> bool:
        """Whether this process knows of a pause; it costs no request."""
        return now < self._until

    def begin(self, until: datetime) -> None:
        self._until = max(self._until, until)
        self._table.put({"PartitionKey": _PARTITION, "RowKey": _MAIL_PAUSE, "NotBefore": moment_text(self._until)})

    def refresh(self) -> None:
        """Learns of a pause that another process began."""
        row = self._table.get(_PARTITION, _MAIL_PAUSE)
        found = row.moment("NotBefore") if row is not None else None
        self._until = found or datetime.min.replace(tzinfo=UTC)
