"""A problem: an error in words for a person, with its status (RFC 9457); and the kinds that several tables use."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One error as a person reads it: why it did not work, what to do next, and a link to go on.

    `name` is the stable end of the problem's type URI (RFC 9457); `retry_after` is in seconds, None if repeating
    will not help.
    """

    status: int
    name: str
    title: str
    detail: str
    next_link: str = "/"
    next_link_text: str = "Go to the start page"
    retry_after: int | None = None
    template: str = "problem.html"

    @property
    def type(self) -> str:
        return f"/problems/{self.name}"


def busy(name: str) -> Problem:
    detail = (
        "We could not save your answers. Go back and send them again: what you typed should still be there, "
        "and sending twice does no harm."
    )
    return Problem(503, name, "Sorry, please try again", detail, retry_after=5)


def not_ready(name: str, seconds: int) -> Problem:
    detail = "Nothing was saved. Please come back later."
    return Problem(503, name, "The service is not ready", detail, retry_after=seconds)


def closed(name: str, title: str, detail: str) -> Problem:
    return Problem(503, name, title, detail, retry_after=86_400, template="info/closed.html")


UNEXPECTED = Problem(
    500,
    "unexpected",
    "Sorry, there is a problem with the service",
    "Go back and try again. If it happens again, please come back later.",
)
