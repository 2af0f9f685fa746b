"""Wrong passphrases, in one count over all links, in one row of a table for all processes together.

A try is counted before the passphrase is compared, and a right one is taken back: no one gets one that is not counted
by being fast, by asking two processes at once, or because one of them died. From the sixth wrong one within an hour
there is an alarm, and the next try has to wait for some seconds and needs a page of its own, and few are in progress at
once: those that are refused cost next to nothing. If storage does not answer there are no tries.
"""

import logging
import re
import threading
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from shared.referrals.collection.tries_in_progress import TriesInProgress
from shared.referrals.errors import PassphraseTooSoonError
from shared.tables.table import Row, RowConflictError, StorageError, StorageUnavailableError, Table, moment_text

logger = logging.getLogger(__name__)

FREE = 5
"""Wrong ones within an hour that cost nothing: someone may mistype."""

LONGEST_DELAY = timedelta(seconds=15)

_HOUR, _EPOCH = timedelta(hours=1), datetime(1970, 1, 1, tzinfo=UTC)
_PARTITION, _ALL = "tries", "all"  # no reference and no name is as short
_COUNTED = re.compile(r"\b([0-9]{1,9}):([0-9]{1,6})\b")
_ROUNDS = 20  # of reading again because another process was faster; threads of this one take turns
_LONGEST_TURN = 10  # seconds: no queue of requests waits for storage that does not answer


def delay_after(wrong: int) -> timedelta:
    """The age that the page of the next try needs: none up to the fifth wrong one in an hour, then 1, 2, 4, 8, 15 s."""
    seconds = 0 if wrong <= FREE else 1 << min(wrong - FREE - 1, 4)
    return min(timedelta(seconds=seconds), LONGEST_DELAY)


@dataclass(frozen=True, slots=True)
class WrongTries:
    """One row of the table `CollectTries`: `all` for passphrases, or that of one subject.

    Rows by reference were written before, and mean nothing.

    `Minutes` is how many came in each minute of the last hour, as "27893412:3", minutes since 1970. A row that cannot
    be read counts as none, since no one may be shut out by it; the next try writes it anew.
    """

    table: Table
    key: str = _ALL
    _turn: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)
    _progress: TriesInProgress = field(default_factory=TriesInProgress, repr=False, compare=False)

    def of(self, name: str) -> "WrongTries":
        """The tries of one subject, which is known by this name in every process."""
        return replace(self, key=name)

    @contextmanager
    def attempt(self, now: datetime, waited: timedelta, page: str = "") -> Generator[int]:
        """Counts a try at `now` (UTC) as wrong, to be compared in its block, where a right one is taken back.

        Yields how many wrong ones there are within an hour with it, without others of this process that are still being
        compared: of those it is not known. They stay counted all the same.

        Raises:
            PassphraseTooSoonError: a delay is due, and its `page` was open for less than that, `waited`, or had a try
                before, or too many are being compared. It is not counted.
            StorageError: their number is unknown, so that no try is allowed.
        """
        wrong, end = self._begin(now, waited, page)
        try:
            yield wrong
        finally:
            end()

    def known(self, now: datetime, least: int) -> int:
        """The wrong ones within the hour before `now`, without those being compared here, and at least so many."""
        try:
            return max(least, self._known(_within_an_hour(self.table.get(_PARTITION, self.key), now)))
        except StorageError:
            return least

    def _begin(self, now: datetime, waited: timedelta, page: str) -> tuple[int, Callable[[], None]]:
        with self._one_after_the_other():
            for _ in range(_ROUNDS):
                row = self.table.get(_PARTITION, self.key)
                minutes = _within_an_hour(row, now)
                known = self._known(minutes)
                delay = self._checked_delay(known, waited, page)
                minutes[_minute(now)] += 1
                try:
                    self._write(row, minutes)
                except RowConflictError:
                    continue
                return known + 1, self._progress.begin(page if delay else "")
        raise StorageUnavailableError("too many concurrent updates")

    def _known(self, minutes: Counter[int]) -> int:
        return max(0, minutes.total() - self._progress.number)

    def _checked_delay(self, wrong: int, waited: timedelta, page: str) -> timedelta:
        needed = delay_after(wrong)
        if waited < needed:
            raise PassphraseTooSoonError(needed - max(waited, timedelta(0)))
        if needed:
            self._progress.check(page, needed)
        return needed

    def take_back(self, now: datetime) -> None:
        """Takes back the try that was counted at `now` and turned out right; others' stay.

        Where storage gives no clear answer it stays counted, which costs the next one some seconds at most: taken back
        twice, it would be one of someone else's.
        """
        try:
            with self._one_after_the_other():
                self._take_back(now)
        except StorageError:
            logger.warning("a right passphrase stays counted as a wrong one")

    def _take_back(self, now: datetime) -> None:
        by, mine = None, uuid4().hex
        for _ in range(_ROUNDS):
            row = self.table.get(_PARTITION, self.key)
            if row is None or by not in {None, row.text("TakenBackBy")}:
                return  # it was this one's own first attempt, or it cannot be known whose
            by, minutes = row.text("TakenBackBy"), _within_an_hour(row, now)
            minutes[_minute(now)] -= 1
            if not +minutes and not _is_told(row, now):
                self.table.delete(
                    _PARTITION, self.key, row.etag
                )  # nor is the moment of an opening left as its timestamp
                return
            try:
                self._write(row, minutes, TakenBackBy=mine)
            except RowConflictError:
                continue
            return

    def tell(self, wrong: int, now: datetime) -> None:
        """Has an error in the log once an hour, if that many `wrong` ones are too many; storage may fail meanwhile."""
        if wrong <= FREE:
            return
        try:
            is_told = not self._is_mine_to_tell(now)
        except StorageError:  # told twice is better than not at all
            is_told = False
        if not is_told:
            logger.error("%d wrong passphrases within an hour, over all links", wrong)

    def prune(self, now: datetime) -> None:
        """Deletes the rows in which nothing counts any more at `now` (UTC). Raises `StorageError`."""
        for row in self.table.query(PartitionKey=_PARTITION):
            if not _within_an_hour(row, now) and not _is_told(row, now):
                self.table.delete(_PARTITION, row.key, row.etag)

    def forget(self, reference: str) -> None:
        """Deletes the row that was written of this referral when each link had a count of its own."""
        self.table.delete(_PARTITION, reference)

    def _is_mine_to_tell(self, now: datetime) -> bool:
        """True if no process has told within the hour before `now`, and it is noted that this one does."""
        mine = uuid4().hex
        for _ in range(_ROUNDS):
            row = self.table.get(_PARTITION, self.key)
            if row is not None and row.text("ToldBy") == mine:  # a write that was reported as a conflict with itself
                return True
            if row is None or _is_told(row, now):
                return False
            try:
                self.table.merge(self._cells(ToldAt=moment_text(now), ToldBy=mine), row.etag)
            except RowConflictError:
                continue
            return True
        return True

    @contextmanager
    def _one_after_the_other(self) -> Generator[None]:
        if not self._turn.acquire(timeout=_LONGEST_TURN):
            raise StorageUnavailableError("too many tries at once")
        try:
            yield
        finally:
            self._turn.release()

    def _write(self, row: Row | None, minutes: Counter[int], **others: str) -> None:
        written = " ".join(f"{minute}:{count}" for minute, count in sorted(minutes.items()) if count > 0)
        cells = self._cells(Minutes=written, **others)
        if row is None:
            self.table.insert(cells)
        else:
            self.table.merge(cells, row.etag)

    def _cells(self, **cells: str) -> dict[str, Any]:
        return {"PartitionKey": _PARTITION, "RowKey": self.key} | cells


def _is_told(row: Row, now: datetime) -> bool:
    """True if the alarm was raised in the hour before `now`."""
    told = row.moment("ToldAt")
    return told is not None and timedelta(0) <= now - told < _HOUR


def _within_an_hour(row: Row | None, now: datetime) -> Counter[int]:
    """The counts of the row by minute that are of the hour before `now`, or after it by as much: clocks differ."""
    written = _COUNTED.findall("" if row is None else row.text("Minutes"))
    counts = {int(minute): int(count) for minute, count in written}
    return Counter({minute: count for minute, count in counts.items() if abs(_minute(now) - minute) < 60})


def _minute(now: datetime) -> int:
    return (now - _EPOCH) // timedelta(minutes=1)
