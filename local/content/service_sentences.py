"""Sentences that the service itself writes: those that its templates mark for translation, and those of its wording."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from jinja2 import Environment
from jinja2.ext import extract_from_ast

from functions.web import render
from shared.content.language.translated_templates import FUNCTIONS
from shared.mail import renderer
from shared.wording.sentences import translatable_sentences


@cache
def service_sentences() -> frozenset[str]:
    """Returns every sentence as `[sentences]` names it: one with a number by its English plural."""
    pages = _marked(render.environment(), render.TEMPLATES, "*.html")
    emails = _marked(renderer.environment("html"), renderer.TEMPLATES, "*.jinja")
    return frozenset(pages) | frozenset(emails) | translatable_sentences()


def _marked(environment: Environment, folder: Path, pattern: str) -> Iterator[str]:
    for path in sorted(folder.rglob(pattern)):
        for _, _, sentence in extract_from_ast(
            environment.parse(path.read_text("utf-8")), FUNCTIONS, babel_style=False
        ):
            yield str(sentence[-1] if isinstance(sentence, tuple) else sentence)
