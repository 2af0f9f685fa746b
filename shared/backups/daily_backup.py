"""The daily run that copies tables into blobs of their own account, and deletes copies that have had their time.

Tables are read in the order in which they are given, and each row as it stood when its page was read. A log is read
after what it is about: then it tells of at least every email that the copied rows rest on.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Any
from uuid import uuid4

from shared.backups.blobs import BlobExistsError, Blobs
from shared.backups.copies import Manifest, TableCopy, complete_days, complete_name, days_in
from shared.backups.typed_rows import encode_row
from shared.failure_isolation import run_isolated
from shared.local_time import local_day
from shared.tables.table import Row, Table, moment_text

logger = logging.getLogger(__name__)

KEPT_DAYS = 7
"""Days for which a copy can be restored."""

GONE_AFTER = timedelta(days=KEPT_DAYS + 3)
"""The time after which nothing is left of a copy: its versions are deleted by a rule of the account that runs daily."""

type Select = Callable[[Row], Mapping[str, Any] | None]
"""The cells of a row to copy; None for a row that is not copied."""


class BackupFailedError(Exception):
    """Of one account or more there is no copy of today yet. The next run tries again."""


@dataclass(frozen=True, slots=True)
class Source:
    """One table, and what of it is copied."""

    name: str
    table: Table
    select: Select


@dataclass(frozen=True, slots=True)
class AccountBackup:
    """The tables of one account, and its container.

    `name` names the account in the log; `settings` go with every copy. `sources` gives the tables for a run that begins
    at a moment (UTC), in the order in which they are read.
    """

    name: str
    blobs: Blobs
    sources: Callable[[datetime], Sequence[Source]]
    settings: Mapping[str, str] = field(default_factory=dict)

    def run(self, now: datetime) -> None:
        """Makes the copy of today if there is none, then deletes old ones.

        Raises:
            StorageError: there is no copy of today yet, or old ones are left; run it again.
        """
        day, names = local_day(now), self.blobs.names()
        done = complete_days(names)
        if day not in done:
            self._copy(day, now)
            self._note_missing(day, done)
        self._delete_old(day, names)

    def _copy(self, day: str, now: datetime) -> None:
        tables = {source.name: self._copy_table(source, day) for source in self.sources(now)}
        manifest = Manifest(begun_at=moment_text(now), tables=tables, settings=self.settings)
        try:
            self.blobs.write(complete_name(day), [manifest.to_bytes()])
        except BlobExistsError:  # another process was faster; what this one wrote goes with the day
            return
        rows = sum(each.rows for each in tables.values())
        logger.info("the backup of %s of %s is complete: %d rows", self.name, day, rows)

    def _copy_table(self, source: Source, day: str) -> TableCopy:
        name, counted = f"{day}/{source.name}-{uuid4().hex[:8]}.jsonl", _Counted()
        self.blobs.write(name, counted.parts(source.table.pages(), source.select))
        return TableCopy(blob=name, rows=counted.rows, sha256=counted.digest.hexdigest())

    def _note_missing(self, day: str, done: Sequence[str]) -> None:
        before = (date.fromisoformat(day) - timedelta(days=1)).isoformat()
        if done and before not in done:
            logger.error("there is no backup of %s of %s", self.name, before)

    def _delete_old(self, day: str, names: Sequence[str]) -> None:
        oldest = (date.fromisoformat(day) - timedelta(days=KEPT_DAYS)).isoformat()
        for old, of_day in days_in(list(names)).items():
            if old < oldest:
                # The one that makes it complete first: half a copy is none.
                for name in sorted(of_day, key=lambda each: each != complete_name(old)):
                    self.blobs.delete(name)


@dataclass(slots=True)
class _Counted:
    """Counts what goes through it."""

    rows: int = 0
    digest: Any = field(default_factory=sha256)

    def parts(self, pages: Iterator[list[Row]], select: Select) -> Iterator[bytes]:
        for page in pages:
            lines = [encode_row(cells) for row in page if (cells := select(row)) is not None]
            part = b"".join(lines)
            self.rows += len(lines)
            self.digest.update(part)
            if part:
                yield part


@dataclass(frozen=True, slots=True)
class DailyBackup:
    """The accounts that are copied, each whatever becomes of the others."""

    accounts: Sequence[AccountBackup]

    def run(self, now: datetime) -> None:
        """Copies what has no copy of today (London's, `now` in UTC). More than once a day it does nothing.

        Raises:
            BackupFailedError: an account could not be copied.
        """
        tried = [run_isolated(logger, f"backup of {each.name}", partial(each.run, now)) for each in self.accounts]
        failed = [each.name for each, result in zip(self.accounts, tried, strict=True) if not result.succeeded]
        if failed:
            raise BackupFailedError(", ".join(failed))
