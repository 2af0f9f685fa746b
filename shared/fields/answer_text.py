"""Answers in words, for the person who checks them and the provider who reads them."""

from collections.abc import Callable, Sequence
from datetime import date

from shared.content.question import FormQuestion, Language
from shared.content.question_catalogue import Kind
from shared.local_time import date_without_weekday


def in_words(
    asked: FormQuestion, answer: object, languages: Sequence[Language], translate: Callable[[str], str] = str
) -> str:
    """Returns a validated answer, text or a tuple of text, as people read it; empty text if there is none.

    `translate` says the words of an option in another language.
    """
    if not answer:
        return ""
    if asked.question.kind is Kind.LANGUAGE:
        return _language(str(answer), languages)
    if asked.question.kind is Kind.DATE:
        return date_without_weekday(date.fromisoformat(str(answer)))
    words = {option.code: translate(option.words) for option in asked.choices}
    chosen = answer if isinstance(answer, tuple) else (answer,)
    return ", ".join(words.get(str(each), str(each)) for each in chosen)


def _language(name: str, languages: Sequence[Language]) -> str:
    own = {language.name: language.own for language in languages}.get(name, name)
    return name if own == name else f"{name} ({own})"
