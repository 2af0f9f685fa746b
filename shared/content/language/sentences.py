"""Translations of sentences that the service itself writes: those in its templates, problems and messages.

In a content file they stand in the table `[sentences]`: the English sentence, and what to show in its place. One whose
words depend on a number has a table of forms, named as Unicode does it (CLDR plural rules), instead of one text.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Literal, Self, cast, get_args

from pydantic import ConfigDict, Field, RootModel, model_validator
from pydantic_core import PydanticCustomError

from shared.content.language.dates import known_locale
from shared.wording.sentences import sentence

# Placeholders of templates and of messages, and markup. A lone sign counts too: it would break the sentence.
_PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w*\}|[%{}]")
_MARKUP = re.compile(r"<[^<>]*>?|>")
_TAG = re.compile(r"(<[^<>]*>)")
_VALUE = re.compile(r"%\((\w+)\)s")

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

    def forms(self, singular: str, plural: str, language: str) -> dict[str, str]:
        """Returns the sentence for each form that numbers have in that language, for a script that counts."""
        written = self.root.get(plural, {"one": singular, "other": plural})
        table: Mapping[PluralForm, str] = {"other": written} if isinstance(written, str) else written
        return {form: table.get(form, table["other"]) for form in _plural_forms(language)}


def _plural_form(number: int, language: str) -> PluralForm:
    locale = known_locale(language)
    return cast("PluralForm", locale.plural_form(number)) if locale else "one" if number == 1 else "other"


def _plural_forms(language: str) -> Iterable[PluralForm]:
    locale = known_locale(language)
    forms = {*locale.plural_form.tags, "other"} if locale else {"one", "other"}
    return [form for form in get_args(PluralForm) if form in forms]


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
    """Yields what a sentence of a template consists of, as kind and text: `text`, `markup` and `value` (its name).

    A value within markup, the address of a link, stands between two parts of that markup.
    """
    for piece in _TAG.split(sentence):
        kind = "markup" if piece.startswith("<") else "text"
        for number, each in enumerate(_VALUE.split(piece)):
            if each:
                yield ("value", each) if number % 2 else (kind, each.replace("%%", "%"))


NO_SENTENCES = Sentences({})
