"""A referral as the provider's pages show it before it is opened: its reference and days, and nothing else."""

from dataclasses import dataclass
from typing import Self

from shared.local_time import iso_day_in_words
from shared.referrals.model import Referral, ReferralState


@dataclass(frozen=True, slots=True)
class ProviderView:
    """Days in words ("Friday 1 September 2023"); empty if there is none yet."""

    reference: str
    received: str
    sent: str
    acknowledged: str
    erased: str
    is_erased: bool

    @classmethod
    def of(cls, referral: Referral) -> Self:
        return cls(
            reference=referral.reference,
            received=_in_words(referral.received_on),
            sent=_in_words(referral.sent_on),
            acknowledged=_in_words(referral.acknowledged_on),
            erased=_in_words(referral.erased_on),
            is_erased=referral.state is ReferralState.ERASED,
        )


def _in_words(day: str) -> str:
    try:
        return iso_day_in_words(day)
    except ValueError:  # not yet, or words that someone entered in the portal
        return ""
