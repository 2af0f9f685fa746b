"""A sequence of pages, visited one after the other."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from local.tour.visitor import Visitor


@dataclass(frozen=True, slots=True)
class Walk:
    """`pages` takes a visitor along and yields the name of each page, in words, when it is open.

    Names are unique in the whole tour. `needs` are settings that the service must have for it, over those of every
    local run.
    """

    name: str
    pages: Callable[[Visitor], Iterator[str]]
    needs: tuple[tuple[str, str], ...] = ()
