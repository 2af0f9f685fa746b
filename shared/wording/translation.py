"""Sentences in English that can still be said in another language."""

from collections.abc import Callable, Mapping
from typing import Any


class Sentence(str):  # noqa: SLOT000  # an instance holds how it was made
    """A sentence in English that can still be said in another language: `words` with placeholders, and their `values`.

    A value that is itself a sentence is translated with it.
    """

    words: str
    values: Mapping[str, object]

    @classmethod
    def of(cls, words: str, values: Mapping[str, object]) -> "Sentence":
        """Returns the sentence with its placeholders filled in.

        Raises:
            KeyError: a placeholder has no value.
        """
        made = cls(words.format_map(values))
        made.words, made.values = words, values
        return made


def translated(text: str, translate: Callable[[str], str]) -> str:
    """Returns a text in another language: `translate` gets the words with their placeholders as they are."""
    if not isinstance(text, Sentence):
        return translate(text)
    values = {
        name: translated(value, translate) if isinstance(value, Sentence) else value
        for name, value in text.values.items()
    }
    return translate(text.words).format_map(values)


def with_translated[V](facts: V, translate: Callable[[str], str]) -> V:
    """Returns facts for a template with every sentence in them translated, also in lists, tuples and dictionaries."""
    found: Any = facts
    if isinstance(found, Sentence):
        found = translated(found, translate)
    elif isinstance(found, dict):
        found = {name: with_translated(each, translate) for name, each in found.items()}
    elif type(found) in {list, tuple}:
        found = type(found)(with_translated(each, translate) for each in found)
    same: V = found
    return same
