"""The copies in a container: their names, when one is complete, and their rows.

A copy is a blob for each table, under its day and a name that nothing had before, and then `DAY/complete.json`, which
names those blobs. Until that is there it is no copy, and what a run left behind is deleted with the day.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from shared.backups.blobs import Blobs
from shared.backups.typed_rows import decode_row
from shared.tables.table import parse_moment

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_COMPLETE = "complete.json"


class CopyError(Exception):
    """There is no complete copy of that day, or it is not as it was written. The text is for operators."""


class TableCopy(BaseModel):
    """The blob of one table: how many rows it has, and the SHA-256 of all of it, in hexadecimal."""

    model_config = ConfigDict(frozen=True)

    blob: str
    rows: int
    sha256: str


class Manifest(BaseModel):
    """The content of `complete.json`. `begun_at`: when the first table was read (ISO 8601, UTC).

    `settings` are those of the service that a restoration goes by, such as `BOOKINGS_KEPT_DAYS`.
    """

    model_config = ConfigDict(frozen=True)

    begun_at: str
    tables: Mapping[str, TableCopy]
    settings: Mapping[str, str] = {}

    def to_bytes(self) -> bytes:
        """Returns it as JSON."""
        return self.model_dump_json(indent=2).encode()


@dataclass(frozen=True, slots=True)
class Copy:
    """One complete copy, of `day` (YYYY-MM-DD, London's)."""

    blobs: Blobs = field(repr=False)
    day: str
    manifest: Manifest

    @classmethod
    def open(cls, blobs: Blobs, day: str) -> Self:
        """Returns the copy of a day.

        Raises:
            CopyError: there is none that is complete.
            StorageError: the container cannot be read.
        """
        name = complete_name(day)
        if not _DAY.fullmatch(day) or name not in blobs.names(f"{day}/"):
            raise CopyError(f"there is no complete copy of {day}")
        try:
            return cls(blobs, day, Manifest.model_validate_json(b"".join(blobs.read(name))))
        except ValidationError as error:
            raise CopyError(f"{name} is damaged") from error

    @property
    def begun_at(self) -> datetime:
        """When its first table was read, in UTC; the beginning of its day if the manifest does not say."""
        return parse_moment(self.manifest.begun_at) or datetime.fromisoformat(self.day).replace(tzinfo=UTC)

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Returns the cells of every row of a table, as `decode_row` does; none for a table without a copy.

        Raises:
            CopyError: the blob is not as it was written.
            StorageError: it cannot be read.
        """
        copied = self.manifest.tables.get(table)
        if copied is None:
            return []
        digest, rows = sha256(), list[dict[str, Any]]()
        try:
            for line in _lines(self.blobs, copied.blob):
                digest.update(line)
                rows.append(decode_row(line))
        except ValueError as error:
            raise CopyError(f"{copied.blob} is damaged") from error
        if (len(rows), digest.hexdigest()) != (copied.rows, copied.sha256):
            raise CopyError(f"{copied.blob} is not as it was written")
        return rows


def _lines(blobs: Blobs, name: str) -> Iterator[bytes]:
    rest = b""
    for part in blobs.read(name):
        *lines, rest = (rest + part).split(b"\n")
        yield from (line + b"\n" for line in lines)
    if rest:
        yield rest


def complete_name(day: str) -> str:
    """The name of the blob that makes the copy of a day complete."""
    return f"{day}/{_COMPLETE}"


def days_in(names: list[str]) -> dict[str, list[str]]:
    """The names of blobs by the day that they belong to; those of no day are left out."""
    found: dict[str, list[str]] = {}
    for name in names:
        day = name.partition("/")[0]
        if _DAY.fullmatch(day):
            found.setdefault(day, []).append(name)
    return found


def complete_days(names: list[str]) -> list[str]:
    """The days with a complete copy, the oldest first."""
    return sorted(day for day, of_day in days_in(names).items() if complete_name(day) in of_day)
