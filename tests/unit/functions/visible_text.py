"""Text that a person sees or hears on an HTML page, in its order."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from html.parser import HTMLParser
from typing import Any

from pydantic import BaseModel

from functions.problems.problem_details import Problem
from shared.wording.translation import Sentence
from tests.content.pseudo_language import END, START

_SPOKEN = {"aria-label", "title", "alt", "placeholder", "data-title"}
_UNSEEN = {"script", "style"}


class VisibleText(HTMLParser):
    """The texts of a page and of the attributes that are shown or read out, those in its `template` elements too."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts, self.attributes, self._unseen = list[str](), list[str](), 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unseen += tag in _UNSEEN
        self.attributes += [value or "" for name, value in attrs if name in _SPOKEN or name.startswith("data-i18n")]

    def handle_endtag(self, tag: str) -> None:
        self._unseen -= tag in _UNSEEN

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.texts.append(data)


def unmarked(html: str) -> list[str]:
    """Returns what people see on the page of a pseudo-language outside its marks; numbers and signs aside."""
    page = VisibleText(html)
    outside = [*_outside(page.texts), *(each for text in page.attributes for each in _outside([text]))]
    return [each for each in outside if _has_words(each)]


def unmarked_text(text: str) -> list[str]:
    """As `unmarked`, of a text that is no HTML."""
    return [each for each in _outside([text]) if _has_words(each)]


def not_given(found: Iterable[str], facts: Any) -> list[str]:
    """Returns those of the texts that are not among the facts; the name NHS and the addresses of mailboxes aside."""
    known = sorted({"NHS", *_texts(facts)}, key=len, reverse=True)
    return [each for each in found if "@" not in each and _has_words(_without(known, each))]


def _outside(texts: list[str]) -> Iterator[str]:
    """Yields the pieces of text outside all marks, which may begin and end in different texts and stand in others."""
    depth = 0
    for text in texts:
        found = ""
        for sign in text:
            depth += (sign == START) - (sign == END)
            found += sign if depth == 0 and sign != END else "\0"
        yield from (each.strip() for each in found.split("\0") if each.strip())


def _texts(value: Any) -> Iterator[str]:
    """Every text among the facts that are given: what someone typed, and days in words; not what the wording has."""
    if isinstance(value, (Sentence, Problem)):
        return
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _texts(list(value.values()))
    elif is_dataclass(value):
        yield from _texts([getattr(value, each.name) for each in fields(value)])
    elif isinstance(value, BaseModel):
        yield from _texts(value.model_dump())
    elif isinstance(value, (list, tuple)):
        yield from (text for each in value for text in _texts(each))


def _without(facts: list[str], text: str) -> str:
    for fact in facts:
        text = "" if text in fact else text.replace(fact, "") if len(fact) > 1 else text
    return text


def _has_words(text: str) -> bool:
    return any(sign.isalpha() for sign in text)
