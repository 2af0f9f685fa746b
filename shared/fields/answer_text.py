"""An answer in words, for the person who checks it and for the provider who reads it."""

from collections.abc import Sequence
from datetime import date

from shared.content.question import FormQuestion, Language
from shared.content.question_catalogue import Kind


def in_words(asked: FormQuestion, answer: object, languages: Sequence[Language]) -> str:
    """The answer as people read it; empty where there is none. `answer` has been validated: text, or a tuple of it."""
    if not answer:
        return ""
    if asked.question.kind is Kind.LANGUAGE:
        return _language(str(answer), languages)
    if asked.question.kind is Kind.DATE:
        day = date.fromisoformat(str(answer))
        return f"{day.day} {day:%B %Y}"
    words = {option.code: option.words for option in asked.choices}
    chosen = answer if isinstance(answer, tuple) else (answer,)
    return ", ".join(words.get(str(each), str(each)) for each in chosen)


def _language(name: str, languages: Sequence[Language]) -> str:
    own = {language.name: language.own for language in languages}.get(name, name)
    return name if own == name else f"{name} ({own})"
