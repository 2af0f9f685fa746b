"""Table rows as the service sees them: the port that repositories speak to, and what can go wrong.

The SDK behind it repeats some calls by itself and then reports the conflict with its own first success, and some
answers are lost after the row was written. So an error of a write says only that the outcome is unknown: read again,
then decide.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

from shared.yes_no import parse_yes_no

MAX_WRITES = 100  # in one transaction; the service's limit


def is_key(text: str) -> bool:
    """Whether a row can have this key (Azure Table Storage, "characters disallowed in key fields"; 1 KiB of UTF-16)."""
    plain = not any(char in "/\\#?" or ord(char) < 32 or 127 <= ord(char) < 160 for char in text)
    return plain and 0 < len(text.encode("utf-16-le", "surrogatepass")) <= 1024


class StorageError(Exception):
    """Base of everything that storage can answer instead of doing what was asked."""


class StorageUnavailableError(StorageError):
    """No clear answer: busy, unreachable or cut off. What was to be written may have been. Worth another try."""


class RowConflictError(StorageError):
    """A row exists already, is gone, or changed since it was read - maybe by our own first try. Read it again."""


class StorageRefusedError(StorageError):
    """Storage will never accept this request: not allowed, too large, not well formed, or there is no such table."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its cells by name, keys included, and the ETag that it had when it was read."""

    cells: Mapping[str, Any]
    etag: str

    @property
    def partition(self) -> str:
        return str(self.cells["PartitionKey"])

    @property
    def key(self) -> str:
        return str(self.cells["RowKey"])

    def text(self, name: str, default: str = "") -> str:
        """The cell as text, whatever type an editor gave it; `default` where it is absent or blank."""
        value = self.cells.get(name)
        if isinstance(value, tuple):  # the SDK's EntityProperty: an Int64, or a cell whose type was edited
            value = value[0]
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        return default if value is None else str(value).strip() or default

    def integer(self, name: str) -> int | None:
        """The cell as a whole number; None where it is absent or is none."""
        text = self.text(name)
        return int(text) if len(text) < 10 and text.removeprefix("-").isdecimal() else None

    def moment(self, name: str) -> datetime | None:
        """The cell as an aware datetime in UTC, read from ISO 8601 text; None where it is absent or is none."""
        return parse_moment(self.text(name))

    def boolean(self, name: str, *, default: bool) -> bool:
        """The cell as yes or no, in the words that people type; `default` where it is absent or neither."""
        found = parse_yes_no(self.text(name))
        return default if found is None else found


def parse_moment(text: str) -> datetime | None:
    """An aware datetime in UTC from ISO 8601 text, which is in UTC where it names no zone; None where it is none.

    One outside 2000 to 2099 is none: nothing of the service's is from then, and arithmetic at the ends of time fails.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if not 2000 <= moment.year < 2100:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def moment_text(moment: datetime) -> str:
    """A moment as a cell holds it: 2023-09-08T14:00:00Z. Text, as editors round a DateTime and people read it."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Write:
    """One write of a transaction: `etag` is the row's for `merge` and `replace`, which fail if it changed since.

    A `delete` needs no cells but the keys, and fails if the row is gone; with an `etag` also if it changed since.
    """

    kind: Literal["create", "merge", "replace", "delete"]
    cells: Mapping[str, Any]
    etag: str = ""


class Table(Protocol):
    """One table. Every method raises `StorageUnavailableError` or `StorageRefusedError`; writes `RowConflictError`."""

    def get(self, partition: str, key: str) -> Row | None:
        """The row, or None where there is none."""

    def query(self, select: Sequence[str] = (), **like: str) -> list[Row]:
        """Rows whose cells equal every one of `like`, in the order of their keys; one request for each 1,000 rows.

        With `select`, only those cells of each; without, all of them.
        """

    def insert(self, cells: Mapping[str, Any]) -> str:
        """Writes a new row and returns its ETag."""

    def merge(self, cells: Mapping[str, Any], etag: str) -> str:
        """Sets these cells of a row that nobody has changed since, leaves its others, and returns the new ETag."""

    def put(self, cells: Mapping[str, Any]) -> None:
        """Writes a row whatever was there. Only for rows that nobody but the service ever touches."""

    def delete(self, partition: str, key: str, etag: str | None = None) -> None:
        """Deletes a row, with `etag` only if nobody has changed it since; nothing happens where it is gone already."""

    def apply(self, writes: Sequence[Write]) -> list[str]:
        """Does all of the writes, at most 100 in one partition, or none; returns their ETags ("" of a delete)."""
