"""Queue messages made of what a function gave to an output binding.

The host's rules (FunctionBinding.BindAsyncCollectorAsync): text that looks like JSON is parsed and printed again, and
if it is an array every element becomes a message of its own; a list is a message for each element, as it stands.
"""

import json
from collections.abc import Callable
from typing import Any

from local.host.app.runtime import Datum
from local.host.queues.newtonsoft import invariant_date, looks_like_json, parse, print_token


def messages_of(datum: Datum | None) -> list[str | bytes]:
    """Raises ValueError when text that looks like JSON is none: in Azure too the invocation then fails."""
    if datum is None or datum.value is None:
        return []
    convert = _CONVERSIONS.get(datum.type)
    if convert is None:
        raise ValueError(f"a queue message cannot be made of '{datum.type}'")
    return convert(datum.value)


def _from_text(text: str) -> list[str | bytes]:
    if not looks_like_json(text):
        return [text]
    token = parse(text, dates=True)
    # A lone date in an array is no longer JSON: it is printed in the culture of the machine.
    return [_element(item) for item in token] if isinstance(token, list) else [print_token(token)]


def _element(item: Any) -> str:
    return invariant_date(item) if isinstance(item, str) else print_token(item)


def _from_value(value: Any) -> list[str | bytes]:
    return [print_token(item) for item in value] if isinstance(value, list) else [print_token(value)]


_CONVERSIONS: dict[str | None, Callable[[Any], list[str | bytes]]] = {
    "string": _from_text,
    "bytes": lambda value: [value],
    "json": lambda value: _from_value(parse(value, dates=False)),
    "dict": lambda value: _from_value(json.loads(json.dumps(value))),
    "list": lambda value: _from_value(json.loads(json.dumps(value))),
    "int": lambda value: [str(int(value))],
    "bool": lambda value: [str(int(value))],
    "double": lambda value: [print_token(float(value))],
}
