"""The route constraints of ASP.NET that make sense in a function's route: `{id:int}`, `{name:length(2,9)}`."""

import re
import uuid
from collections.abc import Callable

type Constraint = Callable[[str], bool]

_INT = re.compile(r"\s*[+-]?\d+\s*", re.ASCII)
_DECIMAL = re.compile(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)\s*", re.ASCII)


def constraint(name: str, argument: str | None) -> Constraint:
    """Raises ValueError for a constraint that is unknown, or whose argument has no meaning."""
    simple = _SIMPLE.get(name)
    if simple and argument is None:
        return simple
    build = _WITH_ARGUMENT.get(name)
    if build is None or argument is None:
        raise ValueError(f"'{name}' is not a route constraint that this host supports, or its argument is missing")
    return build(argument)


def _is_int(bits: int) -> Constraint:
    limit = 2 ** (bits - 1)
    return lambda text: bool(_INT.fullmatch(text)) and -limit <= int(text) < limit


def _is_guid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def _length(argument: str) -> Constraint:
    shortest, _, longest = argument.partition(",")
    low, high = int(shortest), int(longest or shortest)
    return lambda text: low <= len(text) <= high


def _number(test: Callable[[int], bool]) -> Constraint:
    is_long = _is_int(64)
    return lambda text: is_long(text) and test(int(text))


def _minimum(argument: str) -> Constraint:
    low = int(argument)
    return _number(lambda value: value >= low)


def _maximum(argument: str) -> Constraint:
    high = int(argument)
    return _number(lambda value: value <= high)


def _range(argument: str) -> Constraint:
    low, high = (int(part) for part in argument.split(","))
    return _number(lambda value: low <= value <= high)


def _min_length(argument: str) -> Constraint:
    low = int(argument)
    return lambda text: len(text) >= low


def _max_length(argument: str) -> Constraint:
    high = int(argument)
    return lambda text: len(text) <= high


def _regex(argument: str) -> Constraint:
    try:
        pattern = re.compile(argument, re.IGNORECASE)
    except re.error as error:
        raise ValueError(f"'{argument}' is not a regular expression: {error}") from error
    return lambda text: bool(pattern.search(text))


_SIMPLE: dict[str, Constraint] = {
    "int": _is_int(32),
    "long": _is_int(64),
    "bool": lambda text: text.strip().lower() in {"true", "false"},
    "guid": _is_guid,
    "alpha": lambda text: bool(re.fullmatch("[a-zA-Z]*", text)),
    "decimal": lambda text: bool(_DECIMAL.fullmatch(text)),
    "required": lambda text: text != "",
}
_WITH_ARGUMENT: dict[str, Callable[[str], Constraint]] = {
    "length": _length,
    "minlength": _min_length,
    "maxlength": _max_length,
    "min": _minimum,
    "max": _maximum,
    "range": _range,
    "regex": _regex,
}
