"""The table port: rows, writes, the errors of storage, and the interface that repositories use.

The SDK behind it retries some calls by itself and may then report a conflict with its own first success, and some
answers are lost after the row was written. So after an error of a write the outcome is unknown: read again, then
decide.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

from shared.yes_no import parse_yes_no

TIMESTAMP = "Timestamp"
"""The column in which storage itself notes when a row was last written; no write can set it."""

MAX_WRITES = 100  # in one transaction; the service's limit


def is_key(text: str) -> bool:
    """True if a row can have this key (Azure Table Storage, "characters disallowed in key fields"; 1 KiB of UTF-16)."""
    if not 0 < len(text) <= 512:  # measured first: a look at each character of a long text takes time
        return False
    plain = not any(char in "/\\#?" or ord(char) < 32 or 127 <= ord(char) < 160 for char in text)
    return plain and len(text.encode("utf-16-le", "surrogatepass")) <= 1024


class StorageError(Exception):
    """Base of the errors of storage."""


class StorageUnavailableError(StorageError):
    """No clear answer: busy, unreachable or cut off. A write may have happened. Try again."""


class RowConflictError(StorageError):
    """The row exists, is gone, or changed since it was read, perhaps by the SDK's own first attempt. Read it again."""


class StorageRefusedError(StorageError):
    """Storage will never accept this request: not allowed, too large, malformed, or no such table."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its cells by name, including the keys, and its ETag when it was read.

    `read_at` is when a query found it, by storage's own clock, in UTC, to the second; None if it was found otherwise.
    `written_at` is when it was last written, by the same clock; None if the query did not select `TIMESTAMP`.
    """

    cells: Mapping[str, Any]
    etag: str
    read_at: datetime | None = field(default=None, compare=False)
    written_at: datetime | None = field(default=None, compare=False)

    @property
    def partition(self) -> str:
        return str(self.cells["PartitionKey"])

    @property
    def key(self) -> str:
        return str(self.cells["RowKey"])

    def text(self, name: str, default: str = "") -> str:
        """Returns the cell as text, whatever type an editor gave it; `default` if it is absent or blank."""
        value = self.cells.get(name)
        if value is None:
            return default  # most cells of most rows
        text = value if isinstance(value, str) else _as_text(value)
        return (text if text.isascii() else _encodable(text)).strip() or default

    def integer(self, name: str) -> int | None:
        """Returns the cell as an integer of up to 9 digits; None if it is absent or not an integer."""
        text = self.text(name)
        return int(text) if len(text) < 10 and text.removeprefix("-").isdecimal() else None

    def moment(self, name: str) -> datetime | None:
        """Returns the cell as an aware datetime in UTC; None if it is absent or not ISO 8601. See `parse_moment`."""
        return parse_moment(self.text(name))

    def boolean(self, name: str, *, default: bool) -> bool:
        """Returns the cell as yes or no, in any word of `shared.yes_no`; `default` if it is absent or neither."""
        meaning = parse_yes_no(self.text(name))
        return default if meaning is None else meaning


def _as_text(value: Any) -> str:
    """A cell that is no text, as one; none is blank."""
    if isinstance(value, tuple):  # the SDK's EntityProperty: an Int64, or a cell whose type was edited
        value = value[0]
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value)


def _encodable(text: str) -> str:
    """The text without halves of UTF-16 pairs, which no page, email or request can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def parse_moment(text: str) -> datetime | None:
    """Returns ISO 8601 text as an aware datetime in UTC; None if it is not, or outside 2000 to 2099.

    Text without an offset is read as UTC. The service writes nothing outside those years, and arithmetic at the ends of
    the range fails.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if not 2000 <= moment.year < 2100:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def moment_text(moment: datetime) -> str:
    """Returns the moment as cells hold it: 2023-09-08T14:00:00Z. Text, because editors round a DateTime."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Write:
    """One write of a transaction. `merge` and `replace` need the row's `etag` and fail if the row changed since.

    A `delete` needs only the keys, and fails if the row is gone; with an `etag` also if it changed since.
    """

    kind: Literal["create", "merge", "replace", "delete"]
    cells: Mapping[str, Any]
    etag: str = ""


@dataclass(frozen=True, slots=True)
class Without:
    """The rows that a query leaves out: those whose cell `column` is the text `value`.

    A row without that cell is not one of them. One that was written at `since` or later is found all the same;
    `since` is by storage's own clock, in UTC.
    """

    column: str
    value: str
    since: datetime


class Table(Protocol):
    """One table. Every method raises `StorageUnavailableError` or `StorageRefusedError`; writes `RowConflictError`."""

    def get(self, partition: str, key: str) -> Row | None:
        """Returns the row, or None if there is none."""

    def query(self, select: Sequence[str] = (), **like: str) -> list[Row]:
        """Returns the rows whose cells equal all of `like`, in the order of their keys; one request per 1,000 rows.

        With `select`, rows have only those cells.
        """

    def query_without(self, left_out: Without, select: Sequence[str] = ()) -> list[Row]:
        """Returns all rows but those that are left out, as `query` does."""

    def query_partitions(
        self, first: str, last: str, select: Sequence[str], unlike: Sequence[tuple[str, str]] = ()
    ) -> tuple[list[Row], bool]:
        """Returns rows of the partitions from `first` to `last`, in the order of their keys: those cells, and no ETags.

        Rows are left out with a cell that is the text of its column in `unlike`. One request is made, for 1,000 rows at
        most. The second value is True if these are all of the rows.
        """

    def pages(self) -> Iterator[list[Row]]:
        """Yields all rows in the order of their keys, 1,000 at most at a time; each page is read when it is asked for.

        Rows may change between two pages: each is whole, and as it was when its page was read.
        """

    def insert(self, cells: Mapping[str, Any]) -> str:
        """Writes a new row and returns its ETag."""

    def merge(self, cells: Mapping[str, Any], etag: str) -> str:
        """Sets these cells of a row, if it has not changed since, and returns the new ETag; other cells stay."""

    def put(self, cells: Mapping[str, Any]) -> None:
        """Writes a row unconditionally. Only for rows that nothing but the service ever writes."""

    def delete(self, partition: str, key: str, etag: str | None = None) -> None:
        """Deletes a row, with `etag` only if it has not changed since; does nothing if it is gone already."""

    def apply(self, writes: Sequence[Write]) -> list[str]:
        """Does all of the writes, at most 100 in one partition, or none; returns their ETags ("" for a delete)."""
