"""The pause that the email service asked for after too many requests, observed by every process."""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from shared.failure_isolation import run_isolated
from shared.tables.service_table import SERVICE_PARTITION, ServiceRows
from shared.tables.table import Table, moment_text

logger = logging.getLogger(__name__)

_MAIL_PAUSE = "mail-pause"
_PAUSE_CACHED_FOR = 5.0  # seconds for which a process trusts what it last read of the pause
_LONGEST_PAUSE = timedelta(hours=2)  # adapters ask for an hour at most


class MailPause:
    """A pause shared through one row of a table: sending too soon after an HTTP 429 would lengthen it.

    Referrals have a pause of their own, which begins when the email service refuses one of theirs; `also` is that of
    bookings, which begins with it. A pause that bookings caused holds up no referral.
    `monotonic` returns seconds that only ever rise.
    """

    def __init__(
        self, table: Table, monotonic: Callable[[], float] = time.monotonic, also: "MailPause | None" = None
    ) -> None:
        self._table = table
        self._also = also
        self._monotonic = monotonic
        self._until = datetime.min.replace(tzinfo=UTC)
        self._read_at = float("-inf")

    def is_on(self, now: datetime) -> bool:
        """True if a pause, begun by any process, lasts beyond `now` (UTC). Reads the table every 5 seconds at most."""
        if self._monotonic() - self._read_at > _PAUSE_CACHED_FOR:
            row = self._table.get(SERVICE_PARTITION, _MAIL_PAUSE)
            self.refresh({_MAIL_PAUSE: row} if row is not None else {})
        return now < self._until <= now + _LONGEST_PAUSE  # a later end comes from a wrong clock

    def begin(self, until: datetime) -> None:
        """Begins a pause for every process, or extends it, until then (UTC)."""
        self._until = max(self._until, until)
        self._table.put(
            {"PartitionKey": SERVICE_PARTITION, "RowKey": _MAIL_PAUSE, "NotBefore": moment_text(self._until)}
        )
        if self._also is not None:
            run_isolated(logger, "pause of the other emails", partial(self._also.begin, until))

    def refresh(self, rows: ServiceRows) -> None:
        """Takes over a pause that another process began, from rows that have just been read."""
        found = rows[_MAIL_PAUSE].moment("NotBefore") if _MAIL_PAUSE in rows else None
        self._until = found or datetime.min.replace(tzinfo=UTC)
        self._read_at = self._monotonic()
