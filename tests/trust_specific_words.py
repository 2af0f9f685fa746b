"""Words that would give this trust and its provider away in the pages and emails of another."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from tests import builders

# Words of this trust's own that may stand inside other words; what it shares with everybody is not among them.
ANYONES = frozenset({"your name", "your email address"})  # said here, and plain English everywhere
OWN_WORDS = frozenset({"mersey", "nafsiyat", "trauma", "raci", "yourspace", "minoriti", "intercultural"})


def traces(text: str) -> list[str]:
    """Pieces of this trust's copy, or of its words, that stand in a text."""
    found = text.casefold()
    return sorted(each for each in OWN_WORDS | _own_copy() if each in found)


@cache
def _own_copy() -> frozenset[str]:
    """Every piece of two words or more; single words, like a language or a heading, are anyone's."""
    copy, others = (set(_leaves(each.model_dump())) for each in (builders.content(), builders.other_content()))
    return frozenset(leaf for leaf in copy - others - ANYONES if " " in leaf or "@" in leaf or "." in leaf)


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict) and str(value.get("url")).startswith("/"):
        return  # "Refer yourself": the way to a page of this site is called the same everywhere
    if isinstance(value, dict):
        value = [each for key, each in value.items() if key != "short"]  # "Email address": how a question is listed
    if isinstance(value, (list, tuple)):
        for each in value:
            yield from _leaves(each)
    elif isinstance(value, str):
        yield value.casefold()
