"""A referral as the service knows it without opening it, and the stages of its way to the provider."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ReferralState(StrEnum):
    """How far a referral has come; administrators may read these words and nothing else of it."""

    RECEIVED = "received"
    SENDING = "sending"
    SENT = "sent"
    ATTENTION = "attention"


FORWARDED = frozenset({ReferralState.SENT, ReferralState.ATTENTION})
"""The states in which nothing is left to be done without a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Referral:
    """What is known of a referral without opening it. `received_on` is a day, YYYY-MM-DD, in London."""

    reference: str
    state: ReferralState
    received_on: str
    consent_version: str
    submission: str
    attempts: int
    not_before: datetime
    etag: str

    def is_due(self, now: datetime) -> bool:
        """Whether somebody should try to forward it at this moment."""
        return self.state not in FORWARDED and now >= self.not_before
