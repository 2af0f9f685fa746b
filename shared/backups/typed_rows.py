"""Rows of a table as lines of JSON, with the type of each cell: what is read back is what was stored, to the digit.

The types are those of OData, as Table Storage names them (Azure Table Storage, "Property types").
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

_KEYS = frozenset({"PartitionKey", "RowKey"})


def encode_row(cells: Mapping[str, Any]) -> bytes:
    """Returns one line, with its line break, for cells as the table port reads them.

    Raises:
        TypeError: a cell is of a type that Table Storage has not.
    """
    typed = {name: _encoded(value) for name, value in cells.items()}
    return json.dumps(typed, separators=(",", ":")).encode() + b"\n"


def decode_row(line: bytes) -> dict[str, Any]:
    """Returns cells that the table port writes with the same types and values as those that were encoded.

    Numbers of 64 bits and moments are pairs of the value and its type, as the SDK takes them: a moment keeps its
    seventh decimal, which no `datetime` has.

    Raises:
        ValueError: the line is no row.
    """
    try:
        cells = {name: _decoded(*typed) for name, typed in json.loads(line).items()}
    except (AttributeError, TypeError, KeyError, RecursionError) as error:
        raise ValueError("no row of a copy") from error
    if not cells.keys() >= _KEYS:
        raise ValueError("a row of a copy without its keys")
    return cells


def _encoded(value: Any) -> tuple[str, Any]:
    match value:
        case str():
            return "Edm.String", str(value)
        case bool():
            return "Edm.Boolean", value
        case int():
            return "Edm.Int32", int(value)
        case float():
            return "Edm.Double", repr(value)
        case _:
            return _encoded_by_type(value)


def _encoded_by_type(value: Any) -> tuple[str, Any]:
    """A cell of a type that JSON has not."""
    match value:
        case (inner, kind):  # the SDK's EntityProperty
            return str(getattr(kind, "value", kind)), str(inner)
        case datetime():
            # The SDK keeps what it was sent, with more decimals than a `datetime` has.
            return "Edm.DateTime", getattr(value, "tables_service_value", "") or _moment(value)
        case UUID():
            return "Edm.Guid", str(value)
        case bytes():
            return "Edm.Binary", b64encode(value).decode()
        case _:
            raise TypeError(f"no type of Table Storage: {type(value).__name__}")


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def _decoded(kind: str, value: Any) -> Any:
    match kind:
        case "Edm.String" | "Edm.Boolean" | "Edm.Int32":
            return value
        case "Edm.Double":
            return float(value)
        case "Edm.Binary":
            return b64decode(value, validate=True)
        case "Edm.Guid":
            return UUID(value)
        case "Edm.Int64":
            return (int(value), kind)
        case "Edm.DateTime":
            return (value, kind)
        case _:
            raise ValueError(f"no type of Table Storage: {kind}")
