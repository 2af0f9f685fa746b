"""A person at the pages of a form, in a browser without scripts: fills in fields and presses buttons."""

import html
from collections.abc import Callable
from html.parser import HTMLParser

import azure.functions as func

type Fields = list[tuple[str, str]]
type Send = Callable[[str, Fields], func.HttpResponse]


class FormBrowser:
    """Holds one page at a time. `send` posts fields to an address and returns the answer."""

    def __init__(self, send: Send, first: func.HttpResponse) -> None:
        self._send = send
        self.show(first)

    def show(self, answer: func.HttpResponse) -> None:
        self.answer = answer
        self.page = _Form(answer.get_body().decode())

    @property
    def title(self) -> str:
        return self.page.title.partition(" \u2013 ")[0]

    @property
    def text(self) -> str:
        return html.unescape(self.answer.get_body().decode())

    @property
    def sent_along(self) -> Fields:
        """The fields that would be sent now, without the token and submission id."""
        return [(name, value) for name, value in self.page.fields if name not in {"form_token", "submission_id"}]

    def fill(self, **answers: str | list[str]) -> "FormBrowser":
        """Answers questions of this page; a name that it does not ask is an error."""
        for name, value in answers.items():
            field = name.replace("__", "-")
            assert field in self.page.asked, f"{field} is not asked on {self.title}"
            values = [value] if isinstance(value, str) else value
            self.page.fields = [pair for pair in self.page.fields if pair[0] != field]
            self.page.fields += [(field, each) for each in values]
        return self

    def press(self, words: str = "Continue") -> "FormBrowser":
        """Presses the button with these words; Enter in a field is the first button, `press("")`."""
        button = next(each for each in self.page.buttons if each["text"].startswith(words))
        action = button.get("formaction") or self.page.action
        pressed = [(button["name"], button.get("value", ""))] if "name" in button else []
        self.show(self._send(action, [*self.page.fields, *pressed]))
        return self


class _Form(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.fields: Fields = []
        self.asked: set[str] = set()
        self.buttons: list[dict[str, str]] = []
        self.action = self.title = ""
        self._within, self._textarea = "", ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._within = tag if tag in {"title", "button", "textarea"} else self._within
        if tag == "form":
            self.action = given["action"]
        elif tag == "input":
            self._input(given)
        elif tag == "button" and given.get("type") == "submit":
            self.buttons.append(given | {"text": ""})
        elif tag == "textarea":
            self.asked.add(given["name"])
            self.fields.append((given["name"], ""))

    def _input(self, given: dict[str, str]) -> None:
        kind = given.get("type", "text")
        if kind != "hidden":
            self.asked.add(given["name"])
        if kind not in {"radio", "checkbox"} or "checked" in given:
            self.fields.append((given["name"], given.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        self._within = "" if tag == self._within else self._within

    def handle_data(self, data: str) -> None:
        if self._within == "title":
            self.title += data
        elif self._within == "textarea":
            name, value = self.fields[-1]
            # A browser drops the line feed right after the tag.
            self.fields[-1] = (name, value + (data if value else data.removeprefix("\n")))
        elif self._within == "button" and self.buttons:
            self.buttons[-1]["text"] = " ".join(f"{self.buttons[-1]['text']} {data}".split())
