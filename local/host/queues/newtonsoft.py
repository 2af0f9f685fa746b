"""Prints JSON again as the host does: parsed and printed by Newtonsoft.Json, the .NET library.

Emulated: two-space indentation, dates in strings found and printed anew, numbers as doubles or whole numbers,
characters beyond ASCII kept, the last of repeated keys. Not emulated: Newtonsoft's leniency (single quotes, comments,
trailing commas): here such text is not JSON.
"""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

# What Newtonsoft takes for a date (DateParseHandling.DateTime); seven digits of a second are its limit.
_DATE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,7}))?(Z|[+-]\d\d:\d\d)?")
_ESCAPED = str.maketrans({"\u0085": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def looks_like_json(text: str) -> bool:
    """The host's own test: braces or brackets around it. Whether it is JSON shows only when it is parsed."""
    trimmed = text.strip()
    return (trimmed.startswith("{") and trimmed.endswith("}")) or (trimmed.startswith("[") and trimmed.endswith("]"))


def parse(text: str, *, dates: bool) -> Any:
    """Parses JSON; with `dates`, strings that look like dates get Newtonsoft's spelling. Raises ValueError."""
    value = json.loads(text)
    return _respelled(value) if dates else value


def print_token(value: Any) -> str:
    """Prints as JToken.ToString() does: indented JSON for objects and arrays, the bare text for everything else."""
    match value:
        case dict() | list():
            return _Printer().indented(value)
        case None:
            return ""
        case bool():
            return "True" if value else "False"
        case float():
            return _number(value)
        case _:
            return str(value)


class _Printer:
    def indented(self, value: Any, depth: int = 0) -> str:
        match value:
            case dict() if value:
                items = [f"{_quoted(key)}: {self.indented(item, depth + 1)}" for key, item in value.items()]
                return self._block("{", items, "}", depth)
            case list() if value:
                return self._block("[", [self.indented(item, depth + 1) for item in value], "]", depth)
            case str():
                return _quoted(value)
            case float():
                return _number(value)
            case _:
                return json.dumps(value)

    @staticmethod
    def _block(opening: str, items: list[str], closing: str, depth: int) -> str:
        inner = "\n" + "  " * (depth + 1)
        return f"{opening}{inner}{f',{inner}'.join(items)}\n{'  ' * depth}{closing}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).translate(_ESCAPED)


def _number(value: float) -> str:
    return repr(value).replace("e", "E")


def _respelled(value: Any) -> Any:
    match value:
        case dict():
            return {key: _respelled(item) for key, item in value.items()}
        case list():
            return [_respelled(item) for item in value]
        case str():
            return _date(value)
        case _:
            return value


def _date(text: str) -> str:
    match = _DATE.fullmatch(text)
    if not match:
        return text
    moment, fraction, zone = match.groups()
    try:
        parsed = datetime.fromisoformat(moment)
        # An offset becomes local time, and in Azure local time is UTC.
        shifted = parsed - _offset(zone) if zone and zone != "Z" else parsed
    except (ValueError, OverflowError):
        return text
    digits = (fraction or "").rstrip("0")
    suffix = "+00:00" if zone and zone != "Z" else zone or ""
    return shifted.isoformat() + (f".{digits}" if digits else "") + suffix


def _offset(zone: str) -> timedelta:
    return datetime.fromisoformat(f"2000-01-01T00:00:00{zone}").utcoffset() or timedelta()


def invariant_date(text: str) -> str:
    """A date as .NET prints it in the invariant culture, `MM/dd/yyyy HH:mm:ss`; any other text as it is."""
    if not _DATE.fullmatch(text):
        return text
    respelled = _DATE.fullmatch(_date(text))
    if not respelled:
        return text
    try:
        return datetime.fromisoformat(respelled[1]).replace(tzinfo=UTC).strftime("%m/%d/%Y %H:%M:%S")
    except ValueError:
        return text
