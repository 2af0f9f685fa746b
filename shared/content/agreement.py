"""Sentences, questions and options that stand in a content file before those concerned have agreed to them."""

from typing import Any

TO_BE_AGREED = "to_be_agreed"
"""The name that marks a table of the content file as waiting; its value says who has to agree."""

_SENTENCE = {"text"}


def agreed_part(value: Any) -> Any:
    """Returns the content without the tables that wait for an agreement, in whatever list or table they stand.

    A table of nothing but `text` is that text: a sentence is written as `{ text = "...", to_be_agreed = "..." }`, and
    shown as soon as the second name is gone.
    """
    if isinstance(value, list):
        return [agreed_part(each) for each in value if not _waits(each)]
    if not isinstance(value, dict):
        return value
    if value.keys() == _SENTENCE:
        return value["text"]
    return {name: agreed_part(each) for name, each in value.items() if not _waits(each)}


def _waits(value: object) -> bool:
    return isinstance(value, dict) and TO_BE_AGREED in value
