"""Jinja templates whose sentences are marked `_("...")` or `{% trans %}`, in the language of one content file."""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from shared.content.sentences import Sentences, parts

if TYPE_CHECKING:
    from jinja2 import Environment


def install_translations(environment: "Environment", sentences: Sentences, language: str) -> None:
    """Makes an environment show these sentences, in all its templates and macros, for values of any kind.

    With autoescaping a sentence is text, but for the links and emphasis in its English original. An environment with
    a `finalize` of its own gets plain text instead, and makes of it what it makes of any other.
    """
    environment.add_extension("jinja2.ext.i18n")
    is_html = bool(environment.autoescape) and environment.finalize is None
    shown = _in_html() if is_html else _plain

    def gettext(english: str, /, **values: object) -> str:
        return shown(sentences.of(english), values)

    def ngettext(singular: str, plural: str, number: int, /, **values: object) -> str:
        return shown(sentences.counted(singular, plural, number, language), {"num": number} | values)

    environment.extend(newstyle_gettext=True)
    environment.policies["ext.i18n.trimmed"] = True
    environment.globals |= {"_": gettext, "gettext": gettext, "ngettext": ngettext}


def _plain(sentence: str, values: dict[str, object]) -> str:
    return "".join(str(values[text]) if kind == "value" else text for kind, text in _parts(sentence))


def _in_html() -> Callable[[str, dict[str, object]], str]:
    from markupsafe import Markup, escape  # noqa: PLC0415  # comes with Jinja, which is imported late

    @cache
    def escaped(sentence: str) -> tuple[tuple[str, str], ...]:
        return tuple((kind, str(escape(text)) if kind == "text" else text) for kind, text in _parts(sentence))

    def shown(sentence: str, values: dict[str, object]) -> str:
        pieces = (escape(values[text]) if kind == "value" else text for kind, text in escaped(sentence))
        return Markup("".join(pieces))  # noqa: S704  # escaped but for the markup of our own English

    return shown


@cache
def _parts(sentence: str) -> tuple[tuple[str, str], ...]:
    return tuple(parts(sentence))
