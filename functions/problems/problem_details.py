"""One way in which a request can end badly, in words for a person; and the kinds that several are of."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """What a person reads: why it did not work, what to do next, and a way out of the page.

    `name` is the stable end of the problem's type URI (RFC 9457); `retry_after` is in seconds, None where repeating
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


def about_session(status: int, name: str, title: str, detail: str) -> Problem:
    return Problem(
        status, name, title, detail, next_link="/sessions", next_link_text="See all sessions that you can book"
    )


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
