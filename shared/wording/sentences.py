"""Reads the sentences of `en.toml` by their keys, and fills in their placeholders."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from shared.wording.translation import Sentence

_FILE = Path(__file__).with_name("en.toml")
_ENGLISH_ONLY = frozenset({"portal", "organiser", "operators", "holdings", "health", "content", "numbers"})
"""Tables for administrators, operators and whoever writes a content file: they read the portal and the guides."""


def sentence(key: str, /, **values: object) -> Sentence:
    """Returns the sentence with this key, such as "portal.session.capacity", filled in with `values`.

    Raises:
        KeyError: the file has no such sentence, or a placeholder has no value.
    """
    return Sentence.of(_sentences()[key], values)


def table(key: str) -> Mapping[str, Any]:
    """Returns every sentence below a key, by the rest of its key, with its placeholders as they are.

    Raises:
        KeyError: the file has no such table.
    """
    found: Mapping[str, Any] = _file()
    for part in key.split("."):
        found = found[part]
    return found


def translatable_sentences() -> frozenset[str]:
    """Returns the words of the sentences that pages and emails to attendees and the provider have."""
    return frozenset(text for key, text in _sentences().items() if key.partition(".")[0] not in _ENGLISH_ONLY)


@cache
def _file() -> dict[str, Any]:
    return tomllib.loads(_FILE.read_text("utf-8"))


@cache
def _sentences() -> dict[str, str]:
    return dict(_leaves("", _file()))


def _leaves(before: str, found: Mapping[str, Any]) -> list[tuple[str, str]]:
    listed: list[tuple[str, str]] = []
    for name, value in found.items():
        listed += [(f"{before}{name}", value)] if isinstance(value, str) else _leaves(f"{before}{name}.", value)
    return listed
