"""A referral as the service knows it without opening it: the stages of its way to the provider, and what follows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Protocol

NEVER = datetime.min.replace(tzinfo=UTC)


class ReferralState(StrEnum):
    """How far a referral has come; administrators may read these words and nothing else of it.

    `received` and `sending` are to be sent, `sent` and `delivered` are with the provider's mail, `acknowledged` was
    read there, `erased` has no answers left here, and `attention` waits for a person.
    """

    RECEIVED = "received"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    ACKNOWLEDGED = "acknowledged"
    ATTENTION = "attention"
    ERASED = "erased"


UNSENT = frozenset({ReferralState.RECEIVED, ReferralState.SENDING})
"""The states in which it is still to be handed over."""

UNANSWERED = frozenset({ReferralState.SENT, ReferralState.DELIVERED})
"""The states in which the provider has a mail and has not said so."""

FINISHED = frozenset({ReferralState.ACKNOWLEDGED, ReferralState.ERASED})
"""The states in which the provider has it, whatever else is reported later."""

LONGEST_WAIT = timedelta(hours=2)
"""Nothing waits for longer between two attempts: a later `NotBefore` is a clock's mistake, or was typed."""

SETTLED: Mapping[str, str] = {"NotBefore": "", "ClaimedBy": "", "WaitingSince": "", "LastError": ""}
"""The cells of a status that are emptied when nothing is under way any more: left, they would tell the time of day."""


class Progress(StrEnum):
    """What the person who referred themselves is told. `contact`: please ask the provider."""

    RECEIVED = "received"
    SENT = "sent"
    DELIVERED = "delivered"
    CONFIRMED = "confirmed"
    CONTACT = "contact"


@dataclass(frozen=True, slots=True, kw_only=True)
class Referral:
    """What is known of a referral without opening it.

    Everything that ends in `_on` is a day in London, YYYY-MM-DD, or "": a time of day beside a ward's rota would tell
    who it was. `not_before` and `waiting_since` (UTC) are emptied when it was sent.

    Attributes:
        due_on: since when it is to be sent: the day it came, or was wanted again.
        attempts: to send it under this `epoch`; a new epoch is a new mail, with an operation id of its own.
        redriven: how often it was sent again because the mail service reported that it failed.
        waiting_since: when it was first seen to be late, None where it is not.
        alarms: how often that was told to the log.
        warned: how often the provider was reminded, the last time on `warned_on`.
        delivery: how it was sent, as the setting was then; "" before.
        held: somebody objects to its being erased.
    """

    reference: str
    state: ReferralState
    received_on: str
    consent_version: str
    submission: str
    due_on: str = ""
    sent_on: str = ""
    delivered_on: str = ""
    acknowledged_on: str = ""
    erased_on: str = ""
    attention_on: str = ""
    attempts: int = 0
    not_before: datetime = NEVER
    waiting_since: datetime | None = None
    alarms: int = 0
    last_error: str = ""
    warned: int = 0
    warned_on: str = ""
    epoch: int = 0
    redriven: int = 0
    delivery: str = ""
    held: bool = False
    etag: str = ""

    def is_due(self, now: datetime) -> bool:
        """Whether somebody should try to forward it at this moment."""
        waits = now < self.not_before <= now + LONGEST_WAIT
        return self.state in UNSENT and not waits

    @property
    def has_unsent_new_answers(self) -> bool:
        """Whether other answers came under this reference since, and not one attempt was made to send them."""
        never = self.attempts == 0 and self.redriven == 0 and not self.sent_on
        return self.state is ReferralState.RECEIVED and self.epoch > 0 and never

    @property
    def is_resend_requested(self) -> bool:
        """Whether somebody typed `received` over a referral that was tried before: it is to be sent anew.

        The service itself never goes back to `received` without setting `attempts` to none.
        """
        return self.state is ReferralState.RECEIVED and self.attempts > 0

    @property
    def progress(self) -> Progress:
        """What the person is told of it."""
        if self.state is ReferralState.ERASED and not self.acknowledged_on:
            return Progress.CONTACT  # the provider's mailbox took it, and nobody there ever said so
        return _PROGRESS_BY_STATE[self.state]


_PROGRESS_BY_STATE = {
    ReferralState.RECEIVED: Progress.RECEIVED,
    ReferralState.SENDING: Progress.RECEIVED,
    ReferralState.SENT: Progress.SENT,
    ReferralState.DELIVERED: Progress.DELIVERED,
    ReferralState.ACKNOWLEDGED: Progress.CONFIRMED,
    ReferralState.ERASED: Progress.CONFIRMED,
    ReferralState.ATTENTION: Progress.CONTACT,
}


def days_since(day: str, today: date) -> int | None:
    """How many days ago that day was, below 0 where it is still to come; None where it is no day."""
    try:
        return (today - date.fromisoformat(day)).days
    except ValueError:
        return None


def weekdays_since(day: str, today: date) -> int | None:
    """How many weekdays came after that day, today among them; None where it is no day."""
    days = days_since(day, today)
    if days is None:
        return None
    return sum((today - timedelta(days=back)).weekday() < 5 for back in range(min(days, 366)))


INLINE = "inline"
"""The delivery that puts the answers into the mail; every other one mails the way to them."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """What is stored of the answers; nothing of it can be read without the private key named by `key_id`."""

    version: str
    key_id: str
    wrapped_key: bytes = field(repr=False)
    nonce: bytes = field(repr=False)
    ciphertext: bytes = field(repr=False)


class Envelope(Protocol):
    """Sealed answers: opaque here."""
