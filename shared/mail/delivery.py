"""Claim, ask, send, mark: the only order in which a crash at any point neither doubles a mail nor loses it."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from shared.mail.message import (
    EmailMessage,
    MailNotAcceptedError,
    MailRefusedError,
    MailSender,
    MailStatus,
    MailUnclearError,
)

LEASE = timedelta(minutes=10)
"""How long a claim stands without an answer. Longer than any request and than the mail service's status lags behind."""

_WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 20, 30, 60))


def wait_after(attempts: int) -> timedelta:
    """How long to wait after the first, second, ... failed attempt: 1, 2, 5, 10, 20, 30, then 60 minutes each time."""
    return _WAITS[min(max(attempts, 1), len(_WAITS)) - 1]


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to hand over one mail now. `taken_over`: an earlier claim ended without a mark, so ask first.

    `version` is the version of what the mail is about that it tells, 0 where there are none. `claimant` is what the
    mail log knows this very claim by.
    """

    operation_id: UUID
    version: int = 0
    attempts: int = 1
    taken_over: bool = False
    etag: str = ""
    claimant: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """The mail service has the mail. `by_earlier_attempt`: it had it already, from an attempt whose answer was lost."""

    by_earlier_attempt: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """The mail service will never take it; `code` says why in a word."""

    code: str


@dataclass(frozen=True, slots=True)
class Postponed:
    """Not now: try again after `wait`. `pause_all`: the service asked for peace, so all other mails wait as well."""

    wait: timedelta
    pause_all: bool
    code: str


type Outcome = Sent | Refused | Postponed


def hand_over(message: EmailMessage, claim: Claim, sender: MailSender) -> Outcome:
    """Hands over a mail that the caller has claimed, and says what the caller has to mark. It raises nothing."""
    try:
        asked = _earlier_outcome(claim, sender)
        if asked is not None:
            return asked
        sender.send(message, operation_id=claim.operation_id)
    except MailRefusedError as error:
        return Refused(str(error))
    except MailNotAcceptedError as error:
        wait = error.retry_after or wait_after(claim.attempts)
        return Postponed(wait, pause_all=error.retry_after is not None, code=str(error))
    except MailUnclearError as error:
        # It may be on its way: only when its status can be trusted to show it is asking worth anything.
        return Postponed(LEASE, pause_all=False, code=str(error))
    return Sent()


def _earlier_outcome(claim: Claim, sender: MailSender) -> Outcome | None:
    """What became of an earlier attempt, or None where there was none that the mail service knows."""
    if not claim.taken_over:
        return None
    try:
        found = sender.status(claim.operation_id)
    except MailRefusedError as error:  # of the question, which says nothing about the mail
        raise MailUnclearError(str(error)) from error
    if found is MailStatus.FAILED:
        return Refused("provider-failed")
    return None if found is None else Sent(by_earlier_attempt=True)
