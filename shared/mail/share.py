"""Shares of the sending quota: every email counts against it, whoever sends it, and a part is kept for referrals.

Bookings may use the quota less the reserve, referrals all that is left of it. Two rows count what was sent: that of
bookings in their storage account, that of referrals in the referrals' own, because it tells when one was sent.
"""

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from shared.mail.quota import SendingQuota
from shared.tables.table import Row, RowConflictError, StorageError, Table, moment_text, parse_moment

logger = logging.getLogger(__name__)

OVER_QUOTA = "over-quota"
"""The code of an attempt that sent nothing, because the quota was used up."""

_ROW = "mail-count"
_STEP = timedelta(seconds=10)
_HOUR = timedelta(hours=1)
_CACHED_FOR = 5.0  # seconds for which a process trusts what it last read
_TRIES = 8  # each conflict is another process that counted its email

type Counts = Mapping[datetime, int]


@dataclass(slots=True)
class SentCounter:
    """Number of emails sent in each ten seconds of the last hour, in one row that every process writes.

    `monotonic` returns seconds that only ever rise.
    """

    table: Table
    partition: str
    monotonic: Callable[[], float] = time.monotonic
    _counts: Counts = field(default_factory=dict)
    _etag: str = ""
    _read_at: float = float("-inf")
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def moments(self, now: datetime) -> list[datetime]:
        """Returns the time of each email of the last hour, to ten seconds, as of five seconds ago at most.

        Raises:
            StorageError: the row cannot be read.
        """
        with self._lock:
            if self.monotonic() - self._read_at > _CACHED_FOR:
                self._read()
            return _moments(self._counts, now)

    def add(self, now: datetime, is_allowed: Callable[[list[datetime]], bool]) -> bool:
        """Counts one email at `now` (UTC) if `is_allowed` says so of those counted; returns its answer.

        Raises:
            StorageError: it is not known whether it was counted.
        """
        with self._lock:
            if not self._etag:
                self._read()
            for _ in range(_TRIES):
                if not is_allowed(_moments(self._counts, now)):
                    return False
                if self._write(_with_one_more(self._counts, now)):
                    return True
                self._read()
        raise RowConflictError("the count of emails kept changing")

    def prune(self, now: datetime, *, look: bool = False) -> None:
        """Empties the row an hour after the last email, so that no time of day stays in it.

        It costs no request unless this process has counted an email. With `look` the row is read, and written in any
        case, so that not even the moment of that write tells when an email went.

        Raises:
            StorageError: it may not be done.
        """
        with self._lock:
            if look:
                self._read()
            kept = _of_last_hour(self._counts, now)
            if self._etag and (look or (self._counts and not kept)):
                self._write(kept)

    def _read(self) -> None:
        row = self.table.get(self.partition, _ROW)
        self._counts, self._etag = ({}, "") if row is None else (_counts(row), row.etag)
        self._read_at = self.monotonic()

    def _write(self, counts: Counts) -> bool:
        text = json.dumps({moment_text(at): number for at, number in counts.items()})
        cells = {"PartitionKey": self.partition, "RowKey": _ROW, "Sent": text}
        try:
            self._etag = self.table.merge(cells, self._etag) if self._etag else self.table.insert(cells)
        except RowConflictError:
            return False
        self._counts, self._read_at = counts, self.monotonic()
        return True


@dataclass(frozen=True, slots=True)
class MailShare:
    """The share of one side: `own` counts its emails, `other` those of the other side.

    `quota` is the email service's; `reserve` emails in a minute and in an hour are kept for the other side.
    """

    own: SentCounter
    other: SentCounter
    quota: SendingQuota
    reserve: SendingQuota = field(default_factory=lambda: SendingQuota(0, 0))

    def left(self, now: datetime) -> int | None:
        """Returns how many more emails may be sent at `now` (UTC); None if there is no limit, or it is not known."""
        try:
            return self._left(self.own.moments(now), self.other.moments(now), now)
        except StorageError as error:
            logger.warning("cannot count emails: %s", type(error).__name__)
            return None

    def is_used_up(self, now: datetime) -> bool:
        return self.left(now) == 0

    def take(self, now: datetime) -> bool:
        """Counts one email; False if it may not be sent now. An email is sent even if it cannot be counted."""
        try:
            others = self.other.moments(
                now
            )  # before: two shares that wait for each other's counter would wait for ever
            return self.own.add(now, lambda sent: self._left(sent, others, now) != 0)
        except StorageError as error:
            logger.warning("an email is sent without being counted: %s", type(error).__name__)
            return True

    def hourly(self, now: datetime) -> int | None:
        """Returns how many of an hour's emails the other side has left to this one; None if there is no limit."""
        if not self.quota.per_hour:
            return None
        try:
            return max(1, self.quota.per_hour - len(self.other.moments(now)))
        except StorageError:
            return max(1, self.quota.per_hour)

    def sent_within(self, span: timedelta, now: datetime) -> int:
        """Returns how many emails this side has sent in that time, an hour at most; 0 if that is not known."""
        try:
            return sum(now - at < span for at in self.own.moments(now))
        except StorageError:
            return 0

    def _left(self, own: list[datetime], others: list[datetime], now: datetime) -> int | None:
        limits = (self.quota.left([*own, *others], now), self.quota.without(self.reserve).left(own, now))
        known = [limit for limit in limits if limit is not None]
        return min(known) if known else None


def _moments(counts: Counts, now: datetime) -> list[datetime]:
    """The end of the ten seconds of each email."""
    return [at + _STEP for at, number in _of_last_hour(counts, now).items() for _ in range(number)]


def _with_one_more(counts: Counts, now: datetime) -> Counts:
    step = now.replace(second=now.second - now.second % 10, microsecond=0).astimezone(UTC)
    kept = _of_last_hour(counts, now)
    return kept | {step: kept.get(step, 0) + 1}


def _of_last_hour(counts: Counts, now: datetime) -> dict[datetime, int]:
    """Without those of the future, which a wrong clock counted."""
    return {at: number for at, number in counts.items() if now - _HOUR < at + _STEP <= now + _STEP}


def _counts(row: Row) -> Counts:
    """The counts in a row; whatever someone typed over them counts as none."""
    try:
        found = json.loads(row.text("Sent") or "{}")
        pairs = [(parse_moment(str(at)), int(number)) for at, number in found.items()]
    except (AttributeError, OverflowError, TypeError, ValueError, RecursionError):
        return {}
    return {at: min(number, 100_000) for at, number in pairs if at is not None and number > 0}
