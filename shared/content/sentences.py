"""Translations of sentences that the service itself writes: those in its templates, problems and messages.

In a content file they stand in the table `[sentences]`: the English sentence, and what to show in its place. One whose
words depend on a number has a table of forms, named as Unicode does it (CLDR plural rules), instead of one text.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, Self, cast

from pydantic import ConfigDict, Field, RootModel, model_validator
from pydantic_core import PydanticCustomError

from shared.wording.sentences import sentence

# Placeholders of templates and of messages, and markup. A lone sign counts too: it would break the sentence.
_PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w*\}|[%{}]")
_MARKUP = re.compile(r"<[^<>]*>?|>")
_PART = re.compile(r"%\((\w+)\)s|%(%)|(<[^<>]*>)")

PluralForm = Literal["zero", "one", "two", "few", "many", "other"]
_Text = Annotated[str, Field(min_length=1)]


class Sentences(RootModel[Mapping[str, _Text | Mapping[PluralForm, _Text]]]):
    """Translations by English sentence; one that depends on a number is known by its English plural.

    Equal only to itself, so that what was made for it (templates, for example) can be remembered.
    """

    model_config = ConfigDict(frozen=True)
    __eq__ = object.__eq__
    __hash__ = object.__hash__

    @model_validator(mode="after")
    def _say_the_same(self) -> Self:
        found = [english for english, written in self.root.items() if not _fits(english, written)]
        if found:
            raise PydanticCustomError("question", "{found}", {"found": "; ".join(map(_complaint, found))})
        return self

    def of(self, english: str) -> str:
        """Returns the translation of a sentence, or the sentence itself if it has none."""
        written = self.root.get(english, english)
        return written if isinstance(written, str) else written.get("other", english)

    def counted(self, singular: str, plural: str, number: int, language: str) -> str:
        """Returns the form of a sentence for that number, by the rules of the language with this tag."""
        written = self.root.get(plural)
        if written is None:
            return singular if number == 1 else plural
        return written if isinstance(written, str) else written.get(_plural_form(number, language), written["other"])


def _plural_form(number: int, language: str) -> PluralForm:
    from babel import Locale  # noqa: PLC0415  # for other languages only: English starts without it

    return cast("PluralForm", Locale.parse(language, sep="-").plural_form(number))


def _fits(english: str, written: str | Mapping[PluralForm, str]) -> bool:
    forms = {"other": written} if isinstance(written, str) else dict(written)
    return "other" in forms and all(_says_the_same(english, text, form) for form, text in forms.items())


def _says_the_same(english: str, text: str, form: str) -> bool:
    """True if nothing is missing or added: markup is a link's, and placeholders are names or numbers.

    "A place" is as good as "1 place", so only the form for any number has to name it.
    """
    wanted, given = (set(_PLACEHOLDER.findall(each)) for each in (english, text))
    markup, own_markup = (sorted(_MARKUP.findall(each)) for each in (english, text))
    return markup == own_markup and (given == wanted or (form != "other" and given < wanted))


def _complaint(english: str) -> str:
    return sentence("content.placeholders", english=english)


def parts(sentence: str) -> Iterator[tuple[str, str]]:
    """Yields what a sentence of a template consists of, as kind and text: `text`, `markup` and `value` (its name)."""
    at = 0
    for found in _PART.finditer(sentence):
        if found.start() > at:
            yield "text", sentence[at : found.start()]
        name, percent, markup = found.groups()
        yield ("value", name) if name else ("text", percent) if percent else ("markup", markup)
        at = found.end()
    if at < len(sentence):
        yield "text", sentence[at:]


NO_SENTENCES = Sentences({})
