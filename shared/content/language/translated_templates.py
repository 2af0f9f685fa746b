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
    pieces = _parts(sentence)
    if _is_markup(pieces, values):
        return _as_markup(pieces, values)
    return "".join(str(values[text]) if kind == "value" else text for kind, text in pieces)


@cache
def _parts(sentence: str) -> tuple[tuple[str, str], ...]:
    return tuple(parts(sentence))


def _is_markup(pieces: Iterable[tuple[str, str]], values: dict[str, object]) -> bool:
    return any(kind == "markup" for kind, _ in pieces) or any(hasattr(each, "__html__") for each in values.values())


def _as_markup(pieces: Iterable[tuple[str, str]], values: dict[str, object]) -> str:
    from markupsafe import Markup, escape  # noqa: PLC0415  # comes with Jinja, which is imported late

    written = (text if kind == "markup" else escape(values[text] if kind == "value" else text) for kind, text in pieces)
    return Markup("".join(written))  # noqa: S704  # the tags are those of our own English
