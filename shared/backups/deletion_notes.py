"""Notes of rows that someone deleted by hand since the last copy, so that no restoration brings them back.

A note is an empty blob beside the copy of its day, and goes with it: it is there whatever becomes of the tables. Its
name is a hash, and says no more than the row keys of the email log.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from shared.backups.blobs import BlobExistsError, Blobs
from shared.local_time import local_day

_FOLDER = "/deleted/"


@dataclass(frozen=True, slots=True)
class DeletionNotes:
    """The notes in one container. What this process has noted on a day it does not note again."""

    blobs: Blobs = field(repr=False)
    _noted: set[str] = field(default_factory=set)

    def note(self, partition: str, keys: Iterable[str], now: datetime) -> None:
        """Notes rows of one partition as deleted by hand at `now` (UTC).

        Raises:
            StorageError: some may not be; note them again.
        """
        names = {f"{local_day(now)}{_FOLDER}{_hash(partition, key)}" for key in keys}
        for name in sorted(names - self._noted):
            with suppress(BlobExistsError):  # another process, or this one before it was started anew
                self.blobs.write(name, [])
            self._noted.add(name)

    def since(self, day: str) -> "NotedRows":
        """Returns the rows that were noted on that day (YYYY-MM-DD) or later. Raises `StorageError`."""
        found = [name for name in self.blobs.names() if _FOLDER in name and name.partition("/")[0] >= day]
        return NotedRows(self.blobs, found)


@dataclass(frozen=True, slots=True)
class NotedRows:
    """Rows that were noted, by the names of their notes."""

    blobs: Blobs = field(repr=False)
    names: list[str]

    def has(self, partition: str, key: str) -> bool:
        """True if the row was noted as deleted by hand."""
        return any(name.endswith(_hash(partition, key)) for name in self.names)

    def forget(self, partition: str, key: str) -> None:
        """Deletes the notes of a row that is back. Raises `StorageError`."""
        for name in self.names:
            if name.endswith(_hash(partition, key)):
                self.blobs.delete(name)


def _hash(partition: str, key: str) -> str:
    # No key of a row can hold a slash.
    return sha256(f"{partition}/{key}".encode("utf-8", "surrogatepass")).hexdigest()
