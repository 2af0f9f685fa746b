"""HTML pages in tests."""

from html.parser import HTMLParser


class Page(HTMLParser):
    """A page as a browser parses it: its elements with their attributes, and its text.

    What lies in a `template` is not on the page.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html, self.elements, self.text = html, list[tuple[str, dict[str, str]]](), ""
        self._templates = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._templates += tag == "template"
        if not self._templates:
            self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        self._templates -= tag == "template"

    def handle_data(self, data: str) -> None:
        self.text += "" if self._templates else data

    def all(self, attribute: str, *tags: str) -> list[str]:
        return [attrs[attribute] for tag, attrs in self.elements if attribute in attrs and (not tags or tag in tags)]

    def element(self, name: str) -> dict[str, str]:
        return next(attrs for _, attrs in self.elements if attrs.get("id") == name)
