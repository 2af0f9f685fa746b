"""The kind of value that each setting takes, in words. They come from the setting's type and never from a value."""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

from annotated_types import Ge, Le
from pydantic import HttpUrl
from pydantic.fields import FieldInfo

from shared.config.setting_types import Needs

_BY_TYPE: dict[Any, str] = {
    HttpUrl: "a web address",
    Path: "the path of a file, from the project's root",
    int: "a whole number",
    str: "a text",
}


def expected_value(field: FieldInfo) -> str:
    """The value that the field of a setting takes, in words: "a whole number from 1 to 20"."""
    stated = [part.value for part in _parts([field.annotation, *field.metadata]) if isinstance(part, Needs)]
    words = next(iter(stated), None) or next(filter(None, map(_by_type, _parts([field.annotation]))), "another value")
    return " ".join([words, *_limits(field)])


def _parts(nodes: list[Any]) -> Iterator[Any]:
    """The nodes with everything inside them: the members of a union, and what a type is annotated with."""
    for node in nodes:
        yield node
        inner = () if get_origin(node) is Literal else get_args(node)
        yield from _parts([*inner, *(node.__metadata__ if get_origin(node) is Annotated else ())])


def _by_type(part: Any) -> str | None:
    if get_origin(part) is Literal:
        return _one_of(get_args(part))
    if isinstance(part, type) and issubclass(part, StrEnum):
        return _one_of(tuple(part))
    return _BY_TYPE.get(part) if isinstance(part, type) else None


def _one_of(words: tuple[str, ...]) -> str:
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else str(last)


def _limits(field: FieldInfo) -> Iterator[str]:
    for limit in field.metadata:
        if isinstance(limit, Ge):
            yield f"from {limit.ge}"
        elif isinstance(limit, Le):
            yield f"to {limit.le}"
