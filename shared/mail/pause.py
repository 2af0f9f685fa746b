"""The pause that the email service asked for after too many requests, observed by every process."""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from shared.failure_isolation import run_isolated
from shared.mail.delivery import Postponed
from shared.tables.service_table import SERVICE_PARTITION, ServiceRows
from shared.tables.table import Table, moment_text

logger = logging.getLogger(__name__)

_MAIL_PAUSE = "mail-pause"
_PAUSE_CACHED_FOR = 5.0  # seconds for which a process trusts what it last read of the pause
_SET_UP_TOLD_FOR = timedelta(minutes=15)  # three runs of the timer, in which the next email is tried
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

    def begin_after(self, outcome: Postponed, now: datetime) -> None:
        """Begins the pause that the email service asked for at `now` (UTC), if it did."""
        if outcome.pause_all:
            self.begin(now + outcome.others_wait, outcome.code if outcome.set_up else "")

    def begin(self, until: datetime, set_up: str = "") -> None:
        """Begins a pause for every process, or extends it, until then (UTC); `set_up` says what is wrong with that."""
        self._until = max(self._until, until)
        keys = {"PartitionKey": SERVICE_PARTITION, "RowKey": _MAIL_PAUSE}
        self._table.put(keys | {"NotBefore": moment_text(self._until), "SetUp": set_up})
        if self._also is not None:
            run_isolated(logger, "pause of the other emails", partial(self._also.begin, until, set_up))

    def set_up_problem(self, rows: ServiceRows, now: datetime) -> str:
        """Returns what is wrong with the set-up of the email service, by rows that have just been read; "" if nothing.

        It is still returned for a while after the pause, until another email has been tried.
        """
        row = rows.get(_MAIL_PAUSE)
        until = row.moment("NotBefore") if row is not None else None
        if row is None or until is None or not now < until + _SET_UP_TOLD_FOR <= now + _LONGEST_PAUSE:
            return ""
        return row.text("SetUp")

    def refresh(self, rows: ServiceRows) -> None:
        """Takes over a pause that another process began, from rows that have just been read."""
        found = rows[_MAIL_PAUSE].moment("NotBefore") if _MAIL_PAUSE in rows else None
        self._until = found or datetime.min.replace(tzinfo=UTC)
        self._read_at = self._monotonic()
