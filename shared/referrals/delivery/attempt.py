"""The outcome of one attempt to send a referral: sent, or the cause and the time to wait before the next attempt."""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto

from shared.mail.delivery import (
    STALLED,
    TAKEN_OVER_AFTER,
    UNKNOWN_OUTCOME,
    Outcome,
    Postponed,
    Refused,
    Sent,
    wait_after,
)
from shared.mail.share import OVER_QUOTA


class Cause(Enum):
    """Reason why an attempt did not send the referral. Forwarding goes by this, never by the text of the code."""

    ANSWERS_MISSING = auto()  # no sealed answers are stored under the reference
    ANSWERS_DAMAGED = auto()  # they cannot be opened, now or ever
    EMAIL_REFUSED = auto()  # the email service will never accept this email
    FAILED_AFTER_ACCEPTANCE = auto()  # it accepted an earlier attempt, and says that it failed
    OUTCOME_UNKNOWN = auto()  # an earlier attempt may have gone out, and it is too long ago to be asked about
    KEY_UNAVAILABLE = auto()
    COMPOSING_FAILED = auto()
    THROTTLED = auto()  # the email service has had too many requests
    SET_UP = auto()  # the email service accepts no email until someone has corrected its set-up
    STALLED = auto()  # this worker stood still for so long that another may have taken over
    POSTPONED = auto()  # any other temporary error of the email service


_PERMANENT = frozenset(
    {
        Cause.ANSWERS_MISSING,
        Cause.ANSWERS_DAMAGED,
        Cause.EMAIL_REFUSED,
        Cause.FAILED_AFTER_ACCEPTANCE,
        Cause.OUTCOME_UNKNOWN,
    }
)
# Texts of the email service's outcomes that mean more than their kind.
_REFUSALS = {"provider-failed": Cause.FAILED_AFTER_ACCEPTANCE, UNKNOWN_OUTCOME: Cause.OUTCOME_UNKNOWN}
_TOO_MANY_REQUESTS = frozenset({"HTTP 429", OVER_QUOTA})


@dataclass(frozen=True, slots=True)
class NotSent:
    """An attempt that did not send the referral. `code` is what the row keeps as `LastError`.

    `postponed` is the answer of the email service, None if it was not asked: what was unclear before then still is.
    """

    cause: Cause
    code: str
    wait: timedelta = timedelta(0)
    postponed: Postponed | None = None

    @property
    def pause_all(self) -> bool:
        """True if the email service asked that all other emails wait, too."""
        return self.postponed is not None and self.postponed.pause_all

    @property
    def is_permanent(self) -> bool:
        """True if another attempt would end in the same way."""
        return self.cause in _PERMANENT

    @property
    def may_retry_at_once(self) -> bool:
        """True if it is certain that nothing was sent; an unclear outcome waits until it would be taken over."""
        is_excluded = self.is_permanent or self.cause in {Cause.THROTTLED, Cause.SET_UP, Cause.STALLED}
        return not is_excluded and self.wait < TAKEN_OVER_AFTER


type Attempt = Sent | NotSent


def answers_missing() -> NotSent:
    return NotSent(Cause.ANSWERS_MISSING, "unseal-missing")


def answers_damaged(reason: str) -> NotSent:
    return NotSent(Cause.ANSWERS_DAMAGED, f"unseal-{reason}")


def key_unavailable(attempts: int) -> NotSent:
    return NotSent(Cause.KEY_UNAVAILABLE, "key-unavailable", wait_after(attempts))


def composing_failed(attempts: int) -> NotSent:
    return NotSent(Cause.COMPOSING_FAILED, "handling-failed", wait_after(attempts))


def from_mail(outcome: Outcome) -> Attempt:
    """The attempt that ended with this outcome of the email service."""
    match outcome:
        case Sent():
            return outcome
        case Refused(code):
            return NotSent(_REFUSALS.get(code, Cause.EMAIL_REFUSED), code)
        case Postponed(wait, _, code):
            return NotSent(_temporary_cause(outcome), code, wait, outcome)


def _temporary_cause(outcome: Postponed) -> Cause:
    if outcome.set_up:
        return Cause.SET_UP
    if outcome.pause_all or outcome.code in _TOO_MANY_REQUESTS:
        return Cause.THROTTLED
    return Cause.STALLED if outcome.code == STALLED else Cause.POSTPONED
