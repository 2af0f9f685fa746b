"""The report on a content file that works: what is to be agreed with whom, what is hard to read, what is in English."""

import tomllib
from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

from local.content.reading_grade import grade
from local.content.to_be_agreed import ToBeAgreed, find_to_be_agreed
from local.content.translation import translation_report
from shared.content.agreement import agreed_part
from shared.content.content import load_content
from shared.content.language_pages import ENGLISH

HIGHEST_GRADE = 12
"""The bound of the tests for every page; the NHS aims at a reading age of 9 to 11, which is grade 4 to 6."""
_ENDS = (".", "?", "!", ":")  # of a sentence; a name or an address has none


def report(path: Path) -> Iterator[str]:
    """Yields the lines of the report on a content file that works.

    Raises:
        ContentError: the service cannot work with this file; the message names each part.
    """
    content = load_content(path, to_check=True)
    text = path.read_text("utf-8")
    written = tomllib.loads(text)
    yield f"The service can work with {path}."
    yield from _agreement(find_to_be_agreed(text))
    if content.language == ENGLISH:
        yield from _grades(written)
    yield from translation_report(content, written, _english(path))


def _english(path: Path) -> dict[str, Any]:
    beside = path.with_name(f"{ENGLISH}.toml")
    return dict(agreed_part(tomllib.loads(beside.read_text("utf-8")))) if beside.exists() else {}


def _agreement(marks: list[ToBeAgreed]) -> Iterator[str]:
    yield f"\nTo be agreed: {len(marks) or 'nothing'}"
    for who, group in groupby(sorted(marks, key=attrgetter("who")), key=attrgetter("who")):
        yield f"  {who}"
        for mark in group:
            yield f"    {mark.place}" + ("" if mark.is_shown else " (left out until it is)")


def _grades(copy: dict[str, Any]) -> Iterator[str]:
    yield "\nReading grade (Flesch-Kincaid), the hardest first"
    found = {name: grade(each for each in _texts(part) if each.endswith(_ENDS)) for name, part in copy.items()}
    for name, number in sorted(found.items(), key=lambda each: -each[1]):
        if number:
            yield f"  {number:4.1f}  {name}" + (" (too hard)" if number > HIGHEST_GRADE else "")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for each in value.values() for text in _texts(each))
    elif isinstance(value, list):
        yield from (text for each in value for text in _texts(each))
