"""The pause that the email service asked for, observed by every process, and what is wrong with its set-up."""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial

from shared.failure_isolation import run_isolated
from shared.mail.delivery import Outcome, Postponed, Sent
from shared.tables.service_table import SERVICE_PARTITION, ServiceRows
from shared.tables.table import RowConflictError, Table, moment_text

logger = logging.getLogger(__name__)

_MAIL_PAUSE = "mail-pause"
_PAUSE_CACHED_FOR = 5.0  # seconds for which a process trusts what it last read of the pause
_LONGEST_PAUSE = timedelta(hours=2)  # adapters ask for an hour at most


class MailPause:
    """A pause shared through one row of a table: sending too soon after an HTTP 429 would lengthen it.

    Referrals have a pause of their own, which begins when the email service refuses one of theirs; `also` is that of
    bookings, which begins with it. A pause that bookings caused holds up no referral. The row also keeps what is wrong
    with the set-up of the email service, from the answer that said so until the service accepts an email.
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
        self._set_up = ""

    def is_on(self, now: datetime) -> bool:
        """True if a pause, begun by any process, lasts beyond `now` (UTC). Reads the table every 5 seconds at most."""
        if self._monotonic() - self._read_at > _PAUSE_CACHED_FOR:
            row = self._table.get(SERVICE_PARTITION, _MAIL_PAUSE)
            self.refresh({_MAIL_PAUSE: row} if row is not None else {})
        return now < self._until <= now + _LONGEST_PAUSE  # a later end comes from a wrong clock

    def follow(self, outcome: Outcome, now: datetime) -> None:
        """Begins the pause that the email service asked for at `now` (UTC), or notes that its set-up is right.

        It is when an email was accepted; one that was found to have gone earlier says nothing of now.
        """
        if isinstance(outcome, Postponed) and outcome.pause_all:
            self.begin(now + outcome.others_wait, outcome.code if outcome.set_up else "")
        elif outcome == Sent():
            self.clear_set_up()

    def begin(self, until: datetime, set_up: str = "") -> None:
        """Begins a pause for every process, or extends it, until then (UTC); `set_up` says what is wrong with that."""
        self._until = max(self._until, until)
        self._set_up = set_up or self._told()
        keys = {"PartitionKey": SERVICE_PARTITION, "RowKey": _MAIL_PAUSE}
        self._table.put(keys | {"NotBefore": moment_text(self._until), "SetUp": self._set_up})
        if self._also is not None:
            run_isolated(logger, "pause of the other emails", partial(self._also.begin, until, set_up))

    def clear_set_up(self, *, is_wrong: bool = False) -> None:
        """Forgets what was wrong with the set-up; without a request if neither this process nor `is_wrong` says so.

        Raises nothing: an email that was accepted must be marked. What stays is forgotten after the next one.
        """
        is_wrong = is_wrong or bool(self._set_up)
        if is_wrong:
            with suppress(RowConflictError):  # a pause that began meanwhile may have said anew that it is wrong
                run_isolated(logger, "the note that email is set up", self._clear, RowConflictError)
        if self._also is not None:
            self._also.clear_set_up(is_wrong=is_wrong)

    def _clear(self) -> None:
        row = self._table.get(SERVICE_PARTITION, _MAIL_PAUSE)
        if row is not None and row.text("SetUp"):
            self._table.merge({"PartitionKey": SERVICE_PARTITION, "RowKey": _MAIL_PAUSE, "SetUp": ""}, row.etag)
        self._set_up = ""

    def _told(self) -> str:
        """Returns what is said to be wrong already: an answer about anything else does not make it right."""
        row = self._table.get(SERVICE_PARTITION, _MAIL_PAUSE)
        return row.text("SetUp") if row is not None else ""

    def set_up_problem(self, rows: ServiceRows) -> str:
        """Returns what is wrong with the set-up of the email service, by rows that have just been read; "" if nothing.

        It stays until the service has accepted an email: the next one to be tried may be an hour away.
        """
        row = rows.get(_MAIL_PAUSE)
        return row.text("SetUp") if row is not None else ""

    def refresh(self, rows: ServiceRows) -> None:
        """Takes over a pause that another process began, from rows that have just been read."""
        found = rows[_MAIL_PAUSE].moment("NotBefore") if _MAIL_PAUSE in rows else None
        self._until = found or datetime.min.replace(tzinfo=UTC)
        self._set_up = self.set_up_problem(rows)
        self._read_at = self._monotonic()
