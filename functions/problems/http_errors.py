"""Errors of HTTP itself: page not found, method not allowed, cross-site form."""

from collections.abc import Iterable


class PageNotFoundError(Exception):
    """There is no page at this address, or no longer."""


class MethodNotAllowedError(Exception):
    """This address allows only the methods in `allowed`."""

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        super().__init__()
        self.allowed = tuple(sorted(allowed))


class OutcomeExpiredError(Exception):
    """The page that said what became of a form is not shown any more, so that no one else finds it later."""


class BookingOutcomeExpiredError(OutcomeExpiredError):
    """The outcome of a booking."""


class ReferralOutcomeExpiredError(OutcomeExpiredError):
    """The reference of a referral."""


class CrossSiteFormError(Exception):
    """A page of another site sent this form (CSRF)."""
