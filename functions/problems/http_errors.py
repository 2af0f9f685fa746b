"""Errors of HTTP itself: no such page, another method, a form of another site."""

from collections.abc import Iterable


class PageUnknownError(Exception):
    """There is nothing at this address, or nothing any more."""


class MethodError(Exception):
    """This address takes other methods: `allowed`."""

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        super().__init__()
        self.allowed = tuple(sorted(allowed))


class ForeignOriginError(Exception):
    """A page of another site sent this form."""
