"""Finds what a content file marks as `to be agreed`, and with whom.

A mark is a comment, behind a value, in front of a value or table, or beside something that is commented out until it is
agreed; or it is the key `to_be_agreed` of a table, whose text is whom to agree it with.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

_MARK = re.compile(r"\bto be agreed\b(?:\s+with\s+(?P<who>.+?)(?=\s+before\b|\s+once\b|[:;.#\"]|$))?", re.IGNORECASE)
_TABLE = re.compile(r"\[{1,2}\s*([\w.-]+)\s*\]{1,2}")
_KEY = re.compile(r"(?:#\s*)?([\w-]+)\s*=\s")
_BEHIND = re.compile(r"#([^\"]*)$")
UNNAMED = "no one named"


@dataclass(frozen=True, slots=True)
class ToBeAgreed:
    """One mark: the place in the file, whom to agree it with, and whether it is shown meanwhile."""

    place: str
    who: str
    is_shown: bool


def find_to_be_agreed(text: str) -> list[ToBeAgreed]:
    """Returns every mark of a content file: first those of comments, then those of tables, each in order.

    Raises:
        tomllib.TOMLDecodeError: the text is not TOML.
    """
    return [*_marked_tables(tomllib.loads(text), ""), *_marked_by_comments(text.splitlines())]


def _marked_by_comments(lines: list[str]) -> Iterator[ToBeAgreed]:
    table = key = ""
    for is_comment, group in groupby(enumerate(map(str.rstrip, lines)), lambda each: each[1].lstrip().startswith("#")):
        numbered = list(group)
        if is_comment:
            yield from _of_block([line for _, line in numbered], table, key, lines[numbered[-1][0] + 1 :])
            continue
        for _, line in numbered:
            if found := _TABLE.match(line):
                table, key = found[1], ""
            elif found := _KEY.match(line):
                key = found[1]
            for who in _marks((_BEHIND.search(line) or [""])[0]):
                yield ToBeAgreed(_dotted(table, key), who, is_shown=True)


def _of_block(block: list[str], table: str, key: str, after: list[str]) -> Iterator[ToBeAgreed]:
    """Marks of comments on lines of their own; one inside a list is about a text that is left out of it."""
    if block[0].startswith(" "):
        for who in _marks(" ".join(line.strip(" #") for line in block)):
            yield ToBeAgreed(_dotted(table, key), who, is_shown=False)
        return
    left_out = [line for line in block if _KEY.match(line)]
    for line in left_out:
        for who in _marks(line):
            yield ToBeAgreed(_dotted(table, (_KEY.match(line) or ["", ""])[1]), who, is_shown=False)
    for who in _marks(" ".join(line.strip(" #") for line in block if line not in left_out)):
        yield ToBeAgreed(_next_place(after, table), who, is_shown=True)


def _marks(comment: str) -> list[str]:
    """Whom each mark of a comment names."""
    return [(found["who"] or UNNAMED).strip(" ,") for found in _MARK.finditer(comment)]


def _next_place(after: list[str], table: str) -> str:
    for line in after:
        if found := _TABLE.match(line):
            return found[1]
        if not line.startswith("#") and (found := _KEY.match(line)):
            return _dotted(table, found[1])
    return table


def _marked_tables(value: Any, place: str) -> Iterator[ToBeAgreed]:
    if isinstance(value, dict):
        if "to_be_agreed" in value:
            yield ToBeAgreed(place, str(value["to_be_agreed"]), is_shown=False)
        for key, each in value.items():
            yield from _marked_tables(each, _dotted(place, key))
    elif isinstance(value, list):
        for number, each in enumerate(value, start=1):
            yield from _marked_tables(each, f"{place}[{number}]")


def _dotted(table: str, key: str) -> str:
    return f"{table}.{key}" if table and key else table or key
