"""The words of the problems, which stand in a file for each language, beside this module."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of one problem: a title, what to do next, and the text of the link to go on."""

    title: str
    detail: str
    next: str


def wording(part: str, name: str) -> Wording:
    """Returns the words of a problem in `part` of the file; without `next`, those of the way to the start page.

    Raises:
        KeyError: the file has no such problem.
    """
    words = _words("en")
    found = words[part][name]
    return Wording(found["title"], found["detail"], found.get("next", words["shared"]["unexpected"]["next"]))


@cache
def _words(language: str) -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    return tomllib.loads((_FOLDER / f"{language}.toml").read_text("utf-8"))
