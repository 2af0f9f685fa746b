"""Text that a person sees or hears on an HTML page, in its order."""

from collections.abc import Iterator
from html.parser import HTMLParser

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
    return [each for each in outside if any(sign.isalpha() for sign in each)]


def _outside(texts: list[str]) -> Iterator[str]:
    """Yields the pieces of text outside all marks, which may begin and end in different texts and stand in others."""
    depth = 0
    for text in texts:
        found = ""
        for sign in text:
            depth += (sign == START) - (sign == END)
            found += sign if depth == 0 and sign != END else "\0"
        yield from (each.strip() for each in found.split("\0") if each.strip())
