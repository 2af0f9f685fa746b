"""The pause that the mail service asked for after too many requests, kept by every process."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from shared.tables.service_table import SERVICE_PARTITION, ServiceRows
from shared.tables.table import Table, moment_text

_MAIL_PAUSE = "mail-pause"


_PAUSE_CACHED_FOR = 5.0  # seconds for which a process trusts what it last read of the pause


_LONGEST_PAUSE = timedelta(hours=2)  # nothing that is asked for is longer than an hour


class MailPause:
    """Sending too soon after a "too many requests" makes the pause longer, so every process keeps to it."""

    def __init__(self, table: Table, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._table = table
        self._monotonic = monotonic
        self._until = datetime.min.replace(tzinfo=UTC)
        self._read_at = float("-inf")

    def is_on(self, now: datetime) -> bool:
        """Whether somebody, here or in another process, was told to wait. It costs a request every few seconds."""
        if self._monotonic() - self._read_at > _PAUSE_CACHED_FOR:
            row = self._table.get(SERVICE_PARTITION, _MAIL_PAUSE)
            self.refresh({_MAIL_PAUSE: row} if row is not None else {})
        return now < self._until <= now + _LONGEST_PAUSE  # a later moment is a mistake of some clock

    def begin(self, until: datetime) -> None:
        self._until = max(self._until, until)
        self._table.put(
            {"PartitionKey": SERVICE_PARTITION, "RowKey": _MAIL_PAUSE, "NotBefore": moment_text(self._until)}
        )

    def refresh(self, rows: ServiceRows) -> None:
        """Learns of a pause that another process began."""
        found = rows[_MAIL_PAUSE].moment("NotBefore") if _MAIL_PAUSE in rows else None
        self._until = found or datetime.min.replace(tzinfo=UTC)
        self._read_at = self._monotonic()
