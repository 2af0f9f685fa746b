"""Sessions as a CSV file, in the form in which Azure Storage Explorer exports and imports a table."""

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from azure.core.exceptions import ResourceExistsError
from azure.data.tables import EdmType, EntityProperty, TableClient

SESSIONS = "Sessions"

type Cell = str | int | float | bool | EntityProperty
type Session = dict[str, Cell]

_KEYS = ("PartitionKey", "RowKey")
_TYPE_SUFFIX = "@type"
# https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model
_ILLEGAL_IN_KEY = re.compile(r"[/\\#?\u0000-\u001f\u007f-\u009f]")
_LONGEST_KEY = 512
_LONGEST_TEXT = 32_768


class SessionsFileError(ValueError):
    """The file cannot be used. The text names the line and is for people."""


@dataclass(frozen=True, slots=True)
class Loaded:
    inserted: int
    already_there: int


def read_sessions(path: Path) -> list[Session]:
    """The sessions of the file, ready to insert.

    Raises:
        SessionsFileError: with the first line that is wrong. Nothing is checked here but what a table can hold: what a
            session means, and what is wrong with it, is said by the service in the row's `Problem`.
    """
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise SessionsFileError(f"cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise SessionsFileError("is not UTF-8: save it as CSV UTF-8") from error
    return list(_sessions(text.splitlines(keepends=True)))


def insert_sessions(table: TableClient, sessions: Sequence[Session]) -> Loaded:
    """Inserts what is not there; a row that exists is left as it is, whatever it says."""
    inserted = sum(_insert(table, session) for session in sessions)
    return Loaded(inserted, len(sessions) - inserted)


def _insert(table: TableClient, session: Session) -> bool:
    try:
        table.create_entity(session)
    except ResourceExistsError:
        return False
    return True


def _sessions(lines: Sequence[str]) -> Iterator[Session]:
    reader = csv.reader(lines, strict=True)
    try:
        header = _header(next(reader, []))
        seen: dict[tuple[Cell, Cell], int] = {}
        for cells in reader:
            if any(cells):
                session = _session(header, cells)
                _note_keys(session, seen, reader.line_num)
                yield session
    except csv.Error as error:
        raise SessionsFileError(f"line {reader.line_num}: {error}") from error
    except _CellError as error:
        raise SessionsFileError(f"line {reader.line_num}: {error}") from error


class _CellError(ValueError):
    """A fault of one line; its number is added later."""


def _header(names: Sequence[str]) -> list[str]:
    if missing := [key for key in _KEYS if key not in names]:
        raise _CellError(f"the header has no column {' and no column '.join(missing)}")
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise _CellError(f"the header names {twice[0]!r} twice")
    if untyped := [name for name in names if name.removesuffix(_TYPE_SUFFIX) not in names]:
        raise _CellError(f"the header has {untyped[0]!r} but not the column whose type it gives")
    return list(names)


def _session(header: Sequence[str], cells: Sequence[str]) -> Session:
    if len(cells) != len(header):
        raise _CellError(f"{len(cells)} cells where the header has {len(header)}")
    row = dict(zip(header, cells, strict=True))
    keys: Session = {name: _key(name, row[name]) for name in _KEYS}
    properties = {name: row[name] for name in header if name not in {*_KEYS, "Timestamp"} and "@" not in name}
    return keys | {
        name: _cell(name, text, row.get(name + _TYPE_SUFFIX, ""))
        for name, text in properties.items()
        if text or row.get(name + _TYPE_SUFFIX) == "String"
    }


def _key(name: str, text: str) -> str:
    if not text:
        raise _CellError(f"{name} is empty")
    if _ILLEGAL_IN_KEY.search(text) or len(text) > _LONGEST_KEY:
        raise _CellError(
            f"{name} {text[:60]!r} is not a valid key: no / \\ # ? or line breaks, at most {_LONGEST_KEY} long"
        )
    return text


def _note_keys(session: Session, seen: dict[tuple[Cell, Cell], int], line: int) -> None:
    keys = (session["PartitionKey"], session["RowKey"])
    if keys in seen:
        raise _CellError(f"the same PartitionKey and RowKey as line {seen[keys]}")
    seen[keys] = line


def _text(text: str) -> str:
    if len(text) > _LONGEST_TEXT:
        raise ValueError(text)
    return text


def _integer(text: str, bits: int) -> int:
    number = int(text)
    if not -(2 ** (bits - 1)) <= number < 2 ** (bits - 1):
        raise ValueError(text)
    return number


def _boolean(text: str) -> bool:
    return {"true": True, "false": False}[text.casefold()]


_TYPES: Mapping[str, Callable[[str], Cell]] = {
    "": _text,
    "String": _text,
    "Int32": lambda text: _integer(text, 32),
    "Int64": lambda text: EntityProperty(_integer(text, 64), EdmType.INT64),
    "Double": float,
    "Boolean": _boolean,
}


def _cell(name: str, text: str, kind: str) -> Cell:
    reads = _TYPES.get(kind.removeprefix("Edm."))
    if reads is None:
        raise _CellError(f"{name} has the type {kind!r}; use one of {', '.join(filter(None, _TYPES))}")
    try:
        return reads(text)
    except (ValueError, KeyError) as error:
        raise _CellError(f"{name} is not a valid {kind or 'String'}: {text[:60]!r}") from error
