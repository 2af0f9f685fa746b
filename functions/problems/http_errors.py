"""Errors of HTTP itself: page not found, method not allowed, cross-site form."""

from collections.abc import Iterable


class PageNotFoundError(Exception):
    """There is no page at this address, or no longer."""


class MethodNotAllowedError(Exception):
    """This address allows only the methods in `allowed`."""

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        super().__init__()
        self.allowed = tuple(sorted(allowed))


class CrossSiteFormError(Exception):
    """A page of another site sent this form (CSRF)."""
