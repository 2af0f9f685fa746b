"""Keys and sentences that the content file of a language leaves in English, and sentences unknown to the service."""

from collections.abc import Iterator, Mapping
from typing import Any

from local.content.service_sentences import service_sentences
from shared.content.content import Content
from shared.content.language_pages import ENGLISH

_NOT_COPY = {"bank_holidays", "security", "sentences"}


def translation_report(content: Content, written: Mapping[str, Any], english: Mapping[str, Any]) -> Iterator[str]:
    """Yields the lines on the language of a content file: of one in English only what the service does not know."""
    sentences = content.sentences.root.keys()
    if content.language != ENGLISH:
        checked = "" if content.is_checked else ", which no one has checked: no site shows it until someone has"
        yield f"\nLanguage: {content.language}{checked}"
        yield from _listed("Keys in English", _missing(english, written))
        yield from _listed("Sentences in English", service_sentences() - sentences)
    if unknown := sentences - service_sentences():
        yield from _listed("Sentences that the service does not have", unknown)


def _listed(title: str, names: Iterator[str] | frozenset[str] | set[str]) -> Iterator[str]:
    found = sorted(names)
    yield f"\n{title}: {len(found) or 'none'}"
    yield from (f"  {name}" for name in found)


def _missing(english: Mapping[str, Any], written: Mapping[str, Any], place: str = "") -> Iterator[str]:
    for name, value in english.items():
        if not place and name in _NOT_COPY:
            continue
        own = written.get("page" if (place, name) == ("", "in_your_language") else name)
        if own is None:
            yield f"{place}{name}"
        elif isinstance(value, dict) and isinstance(own, dict):
            yield from _missing(value, own, f"{place}{name}.")
