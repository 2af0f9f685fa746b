"""Refuses an answer in words for the person who gave it, which pydantic passes on."""

from pydantic_core import PydanticCustomError

SENTENCE = "sentence"
"""The key under which the context of pydantic's error holds the sentence, which can still be translated."""


def refusal(code: str, said: str) -> PydanticCustomError:
    """Returns an error with a code and a sentence: never the value, which would end up in logs and error bodies."""
    return PydanticCustomError(code, "{sentence}", {SENTENCE: said})
