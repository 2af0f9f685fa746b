"""Content pages, the page for unknown addresses, and pages of a closed service."""

from collections.abc import Iterator

from local.tour.visitor import Visitor
from local.tour.walk import Walk

_PAGES = {
    "start": "/",
    "who can see what": "/who-can-see-what",
    "help now": "/help-now",
    "resources": "/resources",
    "prompt questions, not agreed": "/resources/prompts",
    "in your language": "/languages/en",
    "privacy": "/privacy",
    "accessibility": "/accessibility",
    "cookies": "/cookies",
    "page not found": "/nowhere",
}
_CLOSED = {"start, all closed": "/", "bookings closed": "/sessions", "one-to-one closed": "/one-to-one"}


def _information(visitor: Visitor) -> Iterator[str]:
    for name, path in _PAGES.items():
        visitor.open(path)
        yield name


def _closed(visitor: Visitor) -> Iterator[str]:
    for name, path in _CLOSED.items():
        visitor.open(path)
        yield name


INFORMATION = (
    Walk("pages to read", _information),
    Walk("a service that is closed", _closed, (("CLOSED", "bookings,one-to-one"),)),
)
