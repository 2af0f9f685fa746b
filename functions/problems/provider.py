"""Problems on the provider's pages, in words for the provider and on pages without links to those for staff.

None of them loses a referral, and each says so: its reader is responsible for one.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from functions.problems.problem_details import Problem
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


def _problem(status: int, name: str, title: str, detail: str, retry_after: int | None = None) -> Problem:
    return Problem(status, name, title, detail, retry_after=retry_after, template="provider/problem.html")


_PASSPHRASE = _problem(
    422, "passphrase", "Enter the passphrase again", "Use the link in the email, and enter the passphrase there."
)

PROVIDER_PROBLEMS: Mapping[type[Exception], Problem] = {
    ReferralLinkError: _problem(
        404,
        "referral-link",
        "This link is not valid or has been used",
        "Use the link in the newest email about this referral, and check that it is complete.",
    ),
    LinkExpiredError: _problem(
        410,
        "link-expired",
        "This link has expired",
        "Use the link in the newest email about this referral. Nothing is lost.",
    ),
    PassphraseError: _PASSPHRASE,
    PassphraseTooSoonError: _PASSPHRASE,
    ProofError: _PASSPHRASE,
    SessionLostError: _PASSPHRASE,
    ReferralGoneError: _problem(
        410,
        "referral-gone",
        "You have this referral already",
        "You have confirmed that it is saved, so it cannot be opened here.",
    ),
    NotWaitingError: _problem(
        422,
        "referral-not-waiting",
        "This referral is not waiting for you",
        "Use the link in the newest email about this referral.",
    ),
    KeyUnavailableError: _problem(
        503,
        "key-unavailable",
        "We cannot open this referral at the moment",
        "Nothing is lost: it is kept until you have saved it. Please try again in a few minutes.",
        retry_after=300,
    ),
    ProviderBusyError: _problem(
        503,
        "provider-busy",
        "Please try again in a minute",
        "Our storage does not answer at the moment. Nothing is lost: the referral is kept until you have saved it.",
        retry_after=60,
    ),
    UnsealError: _problem(
        500,
        "unseal",
        "We cannot open this referral",
        "What is stored of it is damaged. The people who run the service have been told. Nothing has been deleted.",
    ),
}
