"""Jinja templates whose sentences are marked `_("...")` or `{% trans %}`, in the language of one content file."""

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from shared.content.language.sentences import Sentences, parts

if TYPE_CHECKING:
    from jinja2 import Environment

FUNCTIONS = ("_", "gettext", "ngettext", "plural_forms")
"""Names by which templates mark their sentences; `plural_forms` gives all forms of one to a script that counts."""


def install_translations(environment: "Environment", sentences: Sentences, language: str) -> None:
    """Makes an environment show these sentences, in all its templates and macros, with values of any kind.

    A sentence is plain text, which the environment escapes like any other; one with a link or emphasis is markup, in
    which the text and the values are escaped.
    """
    environment.add_extension("jinja2.ext.i18n")

    def gettext(english: str, /, **values: object) -> str:
        return _filled_in(sentences.of(english), values)

    def ngettext(singular: str, plural: str, number: int, /, **values: object) -> str:
        return _filled_in(sentences.counted(singular, plural, number, language), {"num": number} | values)

    def plural_forms(singular: str, plural: str) -> dict[str, str]:
        return sentences.forms(singular, plural, language)

    environment.newstyle_gettext = True  # type: ignore[attr-defined]  # the extension adds it
    environment.policies["ext.i18n.trimmed"] = True
    environment.globals |= {"_": gettext, "gettext": gettext, "ngettext": ngettext, "plural_forms": plural_forms}


def _filled_in(sentence: str, values: dict[str, object]) -> str:
    return _with(sentence, values) if values else _as_it_is(sentence)


@cache
def _as_it_is(sentence: str) -> str:
    return _with(sentence, {})


def _with(sentence: str, values: dict[str, object]) -> str:
    has_markup, pieces = _parts(sentence)
    if has_markup or [each for each in values.values() if type(each) is not str and hasattr(each, "__html__")]:
        return _as_markup(pieces, values)
    return "".join([str(values[text]) if kind == "value" else text for kind, text in pieces])


@cache
def _parts(sentence: str) -> tuple[bool, tuple[tuple[str, str], ...]]:
    """Returns the parts of a sentence, with True before them if one is markup."""
    found = tuple(parts(sentence))
    return any(kind == "markup" for kind, _ in found), found


def _as_markup(pieces: Iterable[tuple[str, str]], values: dict[str, object]) -> str:
    from markupsafe import Markup, escape  # noqa: PLC0415  # comes with Jinja, which is imported late

    written = (text if kind == "markup" else escape(values[text] if kind == "value" else text) for kind, text in pieces)
    return Markup("".join(written))  # noqa: S704  # the tags are those of our own English
