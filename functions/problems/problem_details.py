"""A problem: an error in words for a person, with its status (RFC 9457); and the kinds that several tables use."""

from dataclasses import dataclass, replace
from typing import Self

from functions.problems.wording import Wording, wording


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

    def for_organisation(self, name: str) -> Self:
        """Returns the problem with the organisation's name in its words."""
        title, detail = (each.replace("{organisation}", name) for each in (self.title, self.detail))
        return replace(self, words=replace(self.words, title=title, detail=detail))


def busy(name: str) -> Problem:
    return Problem(503, name, wording("shared", "busy"), retry_after=5)


def not_ready(name: str, seconds: int) -> Problem:
    return Problem(503, name, wording("shared", "not-ready"), retry_after=seconds)


def closed(part: str, name: str) -> Problem:
    return Problem(503, name, wording(part, name), retry_after=86_400, template="info/closed.html")


UNEXPECTED = Problem(500, "unexpected", wording("shared", "unexpected"))
