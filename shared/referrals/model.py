"""A referral as the service knows it without opening it: the states on its way to the provider, and derived facts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

NEVER = datetime.min.replace(tzinfo=UTC)


class ReferralState(StrEnum):
    """State of a referral: the words that administrators may read, and nothing else of it.

    `received` and `sending` are to be sent, `sent` and `delivered` are with the provider's email, `acknowledged` was
    read there and is still kept here, `erased` has no answers left here, `attention` waits for a person. `withdrawn`
    was taken back by the person who sent it, and stands above all others.
    """

    RECEIVED = "received"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    ACKNOWLEDGED = "acknowledged"
    ATTENTION = "attention"
    ERASED = "erased"
    WITHDRAWN = "withdrawn"


UNSENT = frozenset({ReferralState.RECEIVED, ReferralState.SENDING})
"""The states in which it is still to be handed over."""

UNANSWERED = frozenset({ReferralState.SENT, ReferralState.DELIVERED})
"""The states in which the provider has an email and has not acknowledged it."""

FINISHED = frozenset({ReferralState.ACKNOWLEDGED, ReferralState.ERASED, ReferralState.WITHDRAWN})
"""The states in which nothing more is asked of the provider: it confirmed it, set it aside, or must not act on it."""

LONGEST_WAIT = timedelta(hours=2)
"""Nothing waits for longer between two attempts: a later `NotBefore` is a clock's mistake, or was typed."""

SETTLED: Mapping[str, str] = {"NotBefore": "", "ClaimedBy": "", "WaitingSince": "", "LastError": "", "UnclearOn": ""}
"""The cells of a status that are emptied when nothing is under way any more: left, they would tell the time of day."""

NOT_COLLECTED = "not-collected"
"""The reason in the row of a referral that was erased because nobody collected it."""

NOT_GENUINE = "not-genuine"
"""The reason in the row of a referral that the provider opened and set aside: it does not count as confirmed."""

NOTHING_TO_TELL = "not-sent"
"""In place of the day on which the provider was told of a withdrawal: no email of the referral can have gone out."""

WORD_BACK_BYTES = 37
"""The size of what the provider says to the person, sealed: see `withdrawal.word_back`."""

INLINE, LINK, SEALED = "inline", "link", "sealed-file"
# Rows of before have `sealed` for a link to answers: another word than that of the setting.
"""The deliveries: answers in the email, a link to them, and a link to a file that only the provider's keys open."""


class Progress(StrEnum):
    """The answer to a person who asks about their own referral.

    `waiting-for-confirmation`: the answers are still here, and the people who run the service ask the provider about
    them. `contact`: please ask the provider. `not-collected`: the provider never opened it, and its answers are erased.
    """

    RECEIVED = "received"
    SENT = "sent"
    DELIVERED = "delivered"
    OPENED = "opened"
    WAITING_FOR_CONFIRMATION = "waiting-for-confirmation"
    CONFIRMED = "confirmed"
    NOT_COLLECTED = "not-collected"
    CONTACT = "contact"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Referral:
    """Facts of a referral that are known without opening it.

    Everything that ends in `_on` is a day here, YYYY-MM-DD, or "": a time of day beside a ward's rota would tell
    who it was. `not_before` and `waiting_since` (UTC) are emptied when it was sent.

    Attributes:
        due_on: the day since which it is to be sent: it came then, or was wanted again.
        attempts: attempts to send it under this `epoch`; a new epoch is a new email, with an operation id of its own.
        redriven: times it was sent again because the email service reported that it failed.
        waiting_since: the time at which it was first seen to be late, None if it is not; `alarms` in the log say so.
        opened_on: the day on which the answers of this email were first opened with the passphrase, which proves that
            they arrived; in one that is to be sent again, by a link of before.
        opened_before: the day on which they were last opened before it was sent again because someone wanted that.
        came_back_on: the day on which this email was first reported as undelivered; only a new email empties it.
        warned: reminders to the provider, the last of them on `warned_on`.
        kept: times the provider had it kept, because it did not have it after it had confirmed it.
        delivery: the way in which it was sent, as the setting was then; "" before.
        held, held_until: someone objects to its being erased, without an end or before that day; "" if no one did.
        deletion_on: the day, last announced on `deletion_told_on`, of its erasure if nobody collects it; "" if none.
        copy_of, batch: the reference that a sealed row may repeat; the email that it shares with others; "" for none.
        unclear_on: the day since which an attempt may have sent this email without our knowledge; "" if none can.
        marker: characters that mean nothing, or those of a test of the running service: see `delivery.smoke_test`.
        slow: it came without the marks of a browser: it gives way to others when too many come at once.
        own_words: the slow hash of the three words that the person was shown; "" of before. See `withdrawal`.
        withdrawn_on: the day on which the person took it back; told_on: that on which the provider was told so,
            `NOTHING_TO_TELL` if no email of it can have gone out, "" before.
        typed_over: it was withdrawn, and someone typed another word over that.
        word_back: what the provider has said to the person, sealed, or as many random characters.
    """

    reference: str
    state: ReferralState
    received_on: str
    consent_version: str
    submission: str
    due_on: str = ""
    sent_on: str = ""
    delivered_on: str = ""
    opened_on: str = ""
    opened_before: str = ""
    came_back_on: str = ""
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
    kept: int = 0
    delivery: str = ""
    held: bool = False
    held_until: str = ""
    deletion_on: str = ""
    deletion_told_on: str = ""
    copy_of: str = ""
    batch: str = ""
    unclear_on: str = ""
    slow: bool = False
    marker: str = ""
    own_words: str = field(default="", repr=False)
    withdrawn_on: str = ""
    told_on: str = ""
    typed_over: bool = False
    word_back: str = field(default="", repr=False)
    etag: str = ""

    def is_due(self, now: datetime) -> bool:
        """True if it should be forwarded at this moment."""
        waits = now < self.not_before <= now + LONGEST_WAIT
        return self.state in UNSENT and not waits

    @property
    def is_in_batch(self) -> bool:
        """True if it is being sent with others: the batch decides what becomes of it."""
        return bool(self.batch) and self.state is ReferralState.SENDING

    @property
    def was_never_sent(self) -> bool:
        """True if there was no attempt yet to send what is stored now, so that no email has a link to it."""
        never = self.attempts == 0 and self.redriven == 0 and not self.sent_on
        return self.state is ReferralState.RECEIVED and never

    @property
    def may_have_been_emailed(self) -> bool:
        """True if an email with its answers went out, or may have: the provider can have read them there."""
        return self.delivery == INLINE and self.may_have_gone

    @property
    def may_have_gone(self) -> bool:
        """True if an email about it went out, or may have."""
        return not self.was_never_sent or self.kept > 0

    @property
    def version(self) -> str:
        """The email that a page of the provider's is about: a page of an earlier one acts no more."""
        return f"{self.epoch}.{self.kept}"

    @property
    def is_resend_requested(self) -> bool:
        """True if someone typed `received` over a referral that was tried before: it is to be sent anew.

        The service itself never goes back to `received` without setting `attempts` to none.
        """
        return self.state is ReferralState.RECEIVED and self.attempts > 0

    @property
    def is_set_aside(self) -> bool:
        """True if the provider has set it aside as not genuine, and has not had it kept since."""
        return self.state in FINISHED and self.is_marked_not_genuine

    @property
    def is_marked_not_genuine(self) -> bool:
        """True if the provider has set it aside, whatever someone has typed into its state since."""
        return self.last_error == NOT_GENUINE

    @property
    def may_be_taken_back(self) -> bool:
        """True if the provider can still say otherwise: it has finished with it, and its erasure has not begun."""
        return self.state is ReferralState.ACKNOWLEDGED and not self.erased_on

    @property
    def progress(self) -> Progress:
        """The answer to the person who asks about it."""
        if self.is_set_aside:
            return Progress.CONTACT
        if self.state is ReferralState.ERASED and not self.acknowledged_on:
            # Else the provider's mailbox took it, and it was never acknowledged.
            return Progress.NOT_COLLECTED if self.last_error == NOT_COLLECTED else Progress.CONTACT
        if self.state is ReferralState.ATTENTION:
            return self._progress_in_attention
        if self.opened_on and self.state in UNANSWERED:
            return Progress.OPENED
        return _PROGRESS_BY_STATE[self.state]

    @property
    def _progress_in_attention(self) -> Progress:
        """The part of it that is true of one that waits for a person."""
        if self.acknowledged_on or self.erased_on > self.opened_on:
            # Confirmed, and something contradicts that; or their erasure has begun, and no one has opened them since.
            return Progress.CONTACT
        if self.opened_on:
            return Progress.OPENED
        is_asked = self.last_error.startswith(_ASKED_OF_THE_PROVIDER)
        return Progress.WAITING_FOR_CONFIRMATION if is_asked else Progress.CONTACT


_ASKED_OF_THE_PROVIDER = (
    *("not-acknowledged", "not-opened", "came-back", "kept-again", "reminder-"),
    *("bounced", "suppressed", "quarantined", "filteredspam", "failed"),
)
"""Reasons for attention under which the answers are kept, unconfirmed, and someone asks the provider about them.

The others were never handed over (`not-sent`), or may not be here whole (`unseal`, `not-erased`, `state-typed`).
"""

_PROGRESS_BY_STATE = {
    ReferralState.RECEIVED: Progress.RECEIVED,
    ReferralState.SENDING: Progress.RECEIVED,
    ReferralState.SENT: Progress.SENT,
    ReferralState.DELIVERED: Progress.DELIVERED,
    ReferralState.ACKNOWLEDGED: Progress.CONFIRMED,
    ReferralState.ERASED: Progress.CONFIRMED,
    ReferralState.WITHDRAWN: Progress.WITHDRAWN,
}
