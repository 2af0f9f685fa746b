"""Health of the provider's mailbox, from the latest delivery reports, for the page on which people refer themselves."""

import logging
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from shared.local_time import local_day
from shared.tables.table import Row, StorageError, Table

logger = logging.getLogger(__name__)

_PARTITION, _ROW = "provider", "mailbox"
_BAD_IN_A_ROW = 2  # one bounce can be due to that email; two different ones in a row are due to the mailbox
_CACHED_FOR = timedelta(minutes=1)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class ProviderMailbox:
    """One row of the table `ReferralService`: the number of emails that bounced in a row, and the last of them."""

    table: Table
    _failing: bool = False
    _read_at: datetime = _LONG_AGO
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def is_failing(self, now: datetime) -> bool:
        """True if the latest emails to the provider bounced, as of a minute ago at most. It costs a request a minute.

        False if storage does not answer: the form must be there even then.
        """
        with self._lock:
            if not timedelta(0) <= now - self._read_at < _CACHED_FOR:
                self._failing, self._read_at = self._read(), now
            return self._failing

    def record_bounce(self, operation_id: str, now: datetime) -> None:
        """Counts an email to the provider that was refused or bounced; the same one once. Raises `StorageError`."""
        row = self.table.get(_PARTITION, _ROW)
        if row is not None and row.text("Operation") == operation_id:
            return
        count = _count(row) + 1
        self._write(Bad=count, Operation=operation_id, Since=_since(row) or local_day(now))
        if count == _BAD_IN_A_ROW:
            logger.error("email to the provider is bouncing: the referral page says so until one is delivered")

    def record_delivery(self) -> None:
        """Clears the count, if there is one, after an email was delivered. Raises `StorageError`."""
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
