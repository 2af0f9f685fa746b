"""The referrals that wait, as the provider's pages list them: by reference and day, and by whether one was opened."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Self

from functions.forms.validation import FieldError
from functions.provider.view import ProviderView
from shared.content.content import Content
from shared.referrals.collection.waiting import SHOWN
from shared.referrals.errors import KeyUnavailableError, NotWaitingError, NotWaitingReason, ReferralError, UnsealError
from shared.referrals.model import Referral

_PAGE_DIGITS = 6

_DAMAGED = (
    "We cannot open referral {}. It is damaged, and the people who run the service know. Nothing has been deleted"
)

_NOT_WAITING: dict[NotWaitingReason, str] = {
    NotWaitingReason.UNKNOWN: "We have no referral {}. Our records of it are deleted, or the reference is another",
    NotWaitingReason.UNSENT: "Referral {} is being sent to you. You can open it when its email has gone",
    NotWaitingReason.INLINE: "Referral {} is not opened here. Its answers are in the email about it",
    NotWaitingReason.NO_LINK: "Referral {} cannot be opened here. Ask the people who run the service about it",
    NotWaitingReason.CONFIRMED: "Referral {} is no longer waiting. Someone has confirmed it",
    NotWaitingReason.SET_ASIDE: "Referral {} is no longer waiting. Someone has set it aside as not genuine",
    NotWaitingReason.NOT_COLLECTED: "Referral {} is no longer waiting. No one opened it in time, and our copy is gone",
    NotWaitingReason.DELETED: "Referral {} is no longer waiting. Our copy of the answers is deleted",
    NotWaitingReason.WITHDRAWN: "Referral {} was withdrawn. Do not contact this person",
    NotWaitingReason.DAMAGED: _DAMAGED,
}

_REFUSALS: dict[type[ReferralError], tuple[int, str]] = {
    KeyUnavailableError: (
        503,
        "We cannot open referral {} at the moment. Nothing is lost. Try again in a few minutes, or open another one",
    ),
    UnsealError: (500, _DAMAGED),
}

REFUSED: tuple[type[ReferralError], ...] = (NotWaitingError, *_REFUSALS)
"""Errors of opening one of the list after which the list is shown again."""


@dataclass(frozen=True, slots=True)
class WaitingView:
    """The rows of one `page` of the list, in its order; pages count from 1, and there is one at least."""

    rows: tuple[ProviderView, ...]
    number: int
    page: int = 1
    pages: int = 1

    @classmethod
    def of(cls, referrals: Sequence[Referral], content: Content, page: str = "") -> Self:
        """The `page` as it was asked for: the first if it is no number, the last if it is beyond that."""
        pages = max(1, ceil(len(referrals) / SHOWN))
        is_number = page.isascii() and page.isdecimal() and len(page) <= _PAGE_DIGITS
        shown = min(max(1, int(page)), pages) if is_number else 1
        rows = referrals[(shown - 1) * SHOWN : shown * SHOWN]
        return cls(tuple(ProviderView.of(each, content) for each in rows), len(referrals), shown, pages)


def refusal(reference: str, error: ReferralError) -> tuple[int, FieldError]:
    """The status and the message of a page that lists the others when `reference` could not be opened."""
    if isinstance(error, NotWaitingError):
        status, text = 422, _NOT_WAITING[error.reason]
    else:
        status, text = next(found for kind, found in _REFUSALS.items() if isinstance(error, kind))
    return status, FieldError("", text.format(reference[:20]))
