"""A problem: an error in words for a person, with its status (RFC 9457); and the kinds that several tables use."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

from shared.wording.sentences import table


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of one problem: a title, what to do next, and the text of the link to go on."""

    title: str
    detail: str
    next: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One error as a person reads it: why it did not work, what to do next, and a link to go on.

    `name` is the stable end of the problem's type URI (RFC 9457); `retry_after` is in seconds, None if repeating
    will not help. `{organisation}` in its words stands for the organisation's name.
    """

    status: int
    name: str
    words: Wording
    next_link: str = "/"
    retry_after: int | None = None
    template: str = "problem.html"

    @property
    def title(self) -> str:
        return self.words.title

    @property
    def detail(self) -> str:
        return self.words.detail

    @property
    def next_link_text(self) -> str:
        return self.words.next

    @property
    def type(self) -> str:
        return f"/problems/{self.name}"

    def for_organisation(self, name: str, translate: Callable[[str], str] = str) -> Self:
        """Returns the problem in the words of `translate`, with the organisation's name in them."""
        title, detail, onward = (
            translate(each).replace("{organisation}", name) for each in (self.title, self.detail, self.next_link_text)
        )
        return replace(self, words=Wording(title, detail, onward))


def wording(part: str, name: str) -> Wording:
    """Returns the words of a problem in `part` of the file; without `next`, those of the way to the start page.

    Raises:
        KeyError: the file has no such problem.
    """
    words = table("problems")
    found = words[part][name]
    return Wording(found["title"], found["detail"], found.get("next", words["shared"]["unexpected"]["next"]))


def busy(name: str) -> Problem:
    return Problem(503, name, wording("shared", "busy"), retry_after=5)


def not_ready(name: str, seconds: int) -> Problem:
    return Problem(503, name, wording("shared", "not-ready"), retry_after=seconds)


def closed(part: str, name: str) -> Problem:
    return Problem(503, name, wording(part, name), retry_after=86_400, template="info/closed.html")


UNEXPECTED = Problem(500, "unexpected", wording("shared", "unexpected"))
