"""Problems on the provider's pages, in words for the provider and on pages without links to those for staff.

None of them loses a referral, and each says so: its reader is responsible for one.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from functions.problems.problem_details import Problem, wording
from shared.referrals.errors import (
    KeyUnavailableError,
    LinkExpiredError,
    NotWaitingError,
    PassphraseError,
    PassphraseTooSoonError,
    ProofError,
    ReferralGoneError,
    ReferralLinkError,
    ReferralsBusyError,
    SessionLostError,
    UnsealError,
)
from shared.tables.table import StorageError


class ProviderBusyError(Exception):
    """Storage gives no clear answer on a page for the provider."""


@contextmanager
def map_provider_errors() -> Iterator[None]:
    """Translates storage errors for the provider, who has no answers to send again.

    Raises:
        ProviderBusyError: in place of `StorageError` and `ReferralsBusyError`.
    """
    try:
        yield
    except (StorageError, ReferralsBusyError) as error:
        raise ProviderBusyError from error


def _problem(status: int, name: str, retry_after: int | None = None) -> Problem:
    words = wording("provider", name)
    return Problem(status, name, words, retry_after=retry_after, template="provider/problem.html")


_PASSPHRASE = _problem(422, "passphrase")

PROVIDER_PROBLEMS: Mapping[type[Exception], Problem] = {
    ReferralLinkError: _problem(404, "referral-link"),
    LinkExpiredError: _problem(410, "link-expired"),
    PassphraseError: _PASSPHRASE,
    PassphraseTooSoonError: _PASSPHRASE,
    ProofError: _PASSPHRASE,
    SessionLostError: _PASSPHRASE,
    ReferralGoneError: _problem(410, "referral-gone"),
    NotWaitingError: _problem(422, "referral-not-waiting"),
    KeyUnavailableError: _problem(503, "key-unavailable", retry_after=300),
    ProviderBusyError: _problem(503, "provider-busy", retry_after=60),
    UnsealError: _problem(500, "unseal"),
}
