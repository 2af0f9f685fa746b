"""Errors of HTTP itself: no such page, another method, a form of another site."""

from collections.abc import Iterable


class PageNotFoundError(Exception):
    """There is nothing at this address, or nothing any more."""


class MethodNotAllowedError(Exception):
    """This address takes other methods: `allowed`."""

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        super().__init__()
        self.allowed = tuple(sorted(allowed))


class CrossSiteFormError(Exception):
    """A page of another site sent this form."""
