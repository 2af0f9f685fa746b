"""The outcome of one attempt to send a referral: sent, or the cause and the time to wait before the next attempt."""

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto

from shared.mail.delivery import STALLED, TAKEN_OVER_AFTER, Outcome, Postponed, Refused, Sent, wait_after
from shared.mail.share import OVER_QUOTA


class Cause(Enum):
    """Reason why an attempt did not send the referral. Forwarding goes by this, never by the text of the code."""

    ANSWERS_MISSING = auto()  # no sealed answers are stored under the reference
    ANSWERS_DAMAGED = auto()  # they cannot be opened, now or ever
    EMAIL_REFUSED = auto()  # the email service will never accept this email
    FAILED_AFTER_ACCEPTANCE = auto()  # it accepted an earlier attempt, and says that it failed
    KEY_UNAVAILABLE = auto()
    COMPOSING_FAILED = auto()
    THROTTLED = auto()  # the email service has had too many requests
    STALLED = auto()  # this worker stood still for so long that another may have taken over
    POSTPONED = auto()  # any other temporary error of the email service


_PERMANENT = frozenset(
    {Cause.ANSWERS_MISSING, Cause.ANSWERS_DAMAGED, Cause.EMAIL_REFUSED, Cause.FAILED_AFTER_ACCEPTANCE}
)
# Texts of the email service's outcomes that mean more than their kind.
_FAILED_AFTER_ACCEPTANCE = "provider-failed"
_TOO_MANY_REQUESTS = frozenset({"HTTP 429", OVER_QUOTA})


@dataclass(frozen=True, slots=True)
class NotSent:
    """An attempt that did not send the referral. `code` is what the row keeps as `LastError`.

    `pause_all`: the email service asked that all other emails wait for as long, too.
    """

    cause: Cause
    code: str
    wait: timedelta = timedelta(0)
    pause_all: bool = False

    @property
    def is_permanent(self) -> bool:
        """True if another attempt would end in the same way."""
        return self.cause in _PERMANENT

    @property
    def may_retry_at_once(self) -> bool:
        """True if it is certain that nothing was sent; an unclear outcome waits until it would be taken over."""
        is_excluded = self.is_permanent or self.cause in {Cause.THROTTLED, Cause.STALLED}
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
            is_failed = code == _FAILED_AFTER_ACCEPTANCE
            return NotSent(Cause.FAILED_AFTER_ACCEPTANCE if is_failed else Cause.EMAIL_REFUSED, code)
        case Postponed(wait, pause_all, code):
            return NotSent(_temporary_cause(code, pause_all=pause_all), code, wait, pause_all)


def _temporary_cause(code: str, *, pause_all: bool) -> Cause:
    if pause_all or code in _TOO_MANY_REQUESTS:
        return Cause.THROTTLED
    return Cause.STALLED if code == STALLED else Cause.POSTPONED
