"""The referrals that wait, as the provider's pages list them: by reference and day, and by whether one was opened."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from functions.forms.validation import FieldError
from functions.provider.view import ProviderView
from shared.content.content import Content
from shared.referrals.errors import KeyUnavailableError, ReferralError, ReferralGoneError, UnsealError
from shared.referrals.model import Referral

SHOWN = 100
"""Rows on a page; the rest are counted."""

_REFUSALS: dict[type[ReferralError], tuple[int, str]] = {
    ReferralGoneError: (
        422,
        "Referral {} is no longer waiting. Someone has confirmed it, set it aside or asked us to send it again",
    ),
    KeyUnavailableError: (
        503,
        "We cannot open referral {} at the moment. Nothing is lost. Try again in a few minutes, or open another one",
    ),
    UnsealError: (
        500,
        "We cannot open referral {}. It is damaged, and the people who run the service know. Nothing has been deleted",
    ),
}

REFUSED = tuple(_REFUSALS)
"""Errors of opening one of the list after which the list is shown again."""


@dataclass(frozen=True, slots=True)
class WaitingView:
    """The first rows of the list, in its order, and the number of `more` that are not shown."""

    rows: tuple[ProviderView, ...]
    more: int

    @classmethod
    def of(cls, referrals: Sequence[Referral], content: Content) -> Self:
        rows = tuple(ProviderView.of(each, content) for each in referrals[:SHOWN])
        return cls(rows, len(referrals) - len(rows))


def refusal(reference: str, error: ReferralError) -> tuple[int, FieldError]:
    """The status and the message of a page that lists the others when `reference` could not be opened."""
    status, text = next(found for kind, found in _REFUSALS.items() if isinstance(error, kind))
    return status, FieldError("", text.format(reference[:20]))
