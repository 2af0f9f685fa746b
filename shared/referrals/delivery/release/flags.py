"""Flags that tell every process why a referral that has just come must wait for the timer."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.mail.share import MailShare
from shared.referrals.model import INLINE, Referral
from shared.tables.table import Row, StorageError, Table, moment_text

logger = logging.getLogger(__name__)

_PARTITION, _ROW = "release", "flags"
_BACKLOG, _SURGE = "BacklogUntil", "SurgeUntil"
_HOUR = timedelta(hours=1)
_STANDS_FOR = timedelta(minutes=11)  # two runs of the timer, which renews it
_CACHED_FOR = 5.0  # seconds for which a process trusts what it last read


@dataclass(slots=True)
class ReleaseFlags:
    """One row of the table `ReferralService`; each flag ends by itself unless the next runs of the timer renew it.

    `backlog`: others wait, so one that comes now has to take its turn. `surge`: too many come at once. `monotonic`
    returns seconds that only ever rise.
    """

    table: Table
    monotonic: Callable[[], float] = time.monotonic
    _row: Row | None = None
    _read_at: float = field(default=float("-inf"))

    def backlog(self, now: datetime) -> bool:
        return self._stands(_BACKLOG, now)

    def surge(self, now: datetime) -> bool:
        return self._stands(_SURGE, now)

    def raise_(self, now: datetime, *, backlog: bool, surge: bool) -> None:
        """Raises or renews flags at `now` (UTC); one that is not raised stays as it was. Raises `StorageError`."""
        row = self.table.get(_PARTITION, _ROW)
        until = {name: row.text(name) if row else "" for name in (_BACKLOG, _SURGE)}
        until |= {name: moment_text(now + _STANDS_FOR) for name, up in ((_BACKLOG, backlog), (_SURGE, surge)) if up}
        self.table.put({"PartitionKey": _PARTITION, "RowKey": _ROW} | until)
        self._read_at = float("-inf")

    def prune(self, now: datetime) -> None:
        """Empties what stands no more at `now` (UTC), so that no time of day stays in it. Raises `StorageError`."""
        row = self.table.get(_PARTITION, _ROW)
        if row is not None:
            cells = {name: row.text(name) if _is_after(row, name, now) else "" for name in (_BACKLOG, _SURGE)}
            self.table.put({"PartitionKey": _PARTITION, "RowKey": _ROW} | cells)

    def _stands(self, name: str, now: datetime) -> bool:
        if self.monotonic() - self._read_at > _CACHED_FOR:
            self._row, self._read_at = self.table.get(_PARTITION, _ROW), self.monotonic()
        return _is_after(self._row, name, now)


def _is_after(row: Row | None, name: str, now: datetime) -> bool:
    until = row.moment(name) if row is not None else None
    return until is not None and now < until <= now + _STANDS_FOR  # a later end comes from a wrong clock


@dataclass(frozen=True, slots=True)
class Nudges:
    """Lets a referral that has just come go at once, unless it would overtake others or use up the quota.

    `status` reads a referral.
    """

    flags: ReleaseFlags
    status: Callable[[str], Referral | None]
    share: MailShare | None
    delivery: str

    def may_go_at_once(self, reference: str, now: datetime) -> bool:
        """False if the timer has to name it first. True if storage does not answer: it does not wait for that."""
        try:
            is_held = self.flags.backlog(now) or (self.flags.surge(now) and self._gives_way(reference))
        except StorageError as error:
            logger.warning("cannot read the flags of referrals: %s", type(error).__name__)
            return True
        return not is_held and not self._is_half_used(now)

    def _gives_way(self, reference: str) -> bool:
        referral = self.status(reference)
        return referral is not None and referral.slow

    def _is_half_used(self, now: datetime) -> bool:
        """True if single emails have used half of the hour: the rest is kept for emails that hold many links."""
        hourly = self.share.hourly(now) if self.share is not None else None
        if self.share is None or hourly is None or self.delivery == INLINE:
            return False
        return self.share.sent_within(_HOUR, now) * 2 >= hourly
