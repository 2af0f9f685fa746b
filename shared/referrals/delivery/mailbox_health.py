"""Whether the provider's mailbox takes mail at all: what the last reports said, for the page that people refer on."""

import logging
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from shared.local_time import london_day
from shared.tables.table import Row, StorageError, Table

logger = logging.getLogger(__name__)

_PARTITION, _ROW = "provider", "mailbox"
_BAD_IN_A_ROW = 2  # one refused mail can be that mail's own; two different ones in a row are the mailbox's
_CACHED_FOR = timedelta(minutes=1)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class ProviderMailbox:
    """One row of the table `ReferralService`: how many mails in a row came back, and the last of them."""

    table: Table
    _failing: bool = False
    _read_at: datetime = _LONG_AGO
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def is_failing(self, now: datetime) -> bool:
        """Whether mail to the provider came back lately, as of a minute ago at most. It costs a request a minute.

        False where storage does not say: the form must be there even then.
        """
        with self._lock:
            if not timedelta(0) <= now - self._read_at < _CACHED_FOR:
                self._failing, self._read_at = self._read(), now
            return self._failing

    def record_bounce(self, operation_id: str, now: datetime) -> None:
        """A mail to the provider was refused or came back. The same one twice counts once. Raises `StorageError`."""
        row = self.table.get(_PARTITION, _ROW)
        if row is not None and row.text("Operation") == operation_id:
            return
        count = _count(row) + 1
        self._write(Bad=count, Operation=operation_id, Since=_since(row) or london_day(now))
        if count == _BAD_IN_A_ROW:
            logger.error("email to the provider is bouncing: the referral page says so until one is delivered")

    def record_delivery(self) -> None:
        """A mail to the provider was delivered. Written only where one came back before. Raises as above."""
        if _count(self.table.get(_PARTITION, _ROW)):
            self._write(Bad=0, Operation="", Since="")

    def _write(self, **cells: str | int) -> None:
        self.table.put({"PartitionKey": _PARTITION, "RowKey": _ROW} | cells)

    def _read(self) -> bool:
        try:
            return _count(self.table.get(_PARTITION, _ROW)) >= _BAD_IN_A_ROW
        except StorageError as error:
            logger.warning("cannot read the state of the provider's mailbox: %s", type(error).__name__)
            return False


def _count(row: Row | None) -> int:
    return 0 if row is None else row.integer("Bad") or 0


def _since(row: Row | None) -> str:
    return "" if row is None else row.text("Since")
