"""Claim, ask, send, mark: the only order in which a crash at any point neither duplicates nor loses an email.

The caller claims and marks; `hand_over` asks and sends in between. A claim has a lease. Its holder begins a request
only while the lease is longer than the request can take, and another takes the claim over only after the lease and the
longest request: so a worker that stalled and wakes sends nothing that another has sent meanwhile.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from shared.local_time import Clock, local_day
from shared.mail.message import (
    EmailMessage,
    MailNotAcceptedError,
    MailRefusedError,
    MailSender,
    MailSetUpError,
    MailStatus,
    MailUnclearError,
)

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=9)
"""Time from a claim in which its holder may send; longer than Azure lets a function run."""

LONGEST_REQUEST = timedelta(minutes=1)
"""Longer than any request to the email service takes: the adapters give up sooner."""

TAKEN_OVER_AFTER = LEASE + LONGEST_REQUEST
"""Time after which another may take over a claim without a mark; longer than the email service's status lags."""

STALLED = "stalled"
"""The code of an attempt that sent nothing, because too little was left of its lease."""

UNKNOWN_OUTCOME = "outcome-unknown"
"""The code of an attempt that sent nothing, because an earlier one is too long ago for the email service to tell."""

SET_UP_IS_WRONG = "the set-up of the email service is wrong, all email is paused: %s"
TOO_MANY_REQUESTS = "the email service has had too many requests, email is paused: %s"
"""Lines of the log that alarms go by."""

_WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 20, 30, 60))


def wait_after(attempts: int) -> timedelta:
    """Returns the wait after the first, second, ... failed attempt: 1, 2, 5, 10, 20, 30, then 60 minutes each time."""
    return _WAITS[min(max(attempts, 1), len(_WAITS)) - 1]


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to hand over one email now. `taken_over`: an earlier claim ended without a mark, so ask first.

    `version` is the version of its subject that the email describes; 0 if the subject has no versions. `claimant`
    identifies this claim in the email log. `lease_ends` (UTC) is None before the claim is made. `earlier` are ids of
    other emails in which the same may have gone already. `members` names what an email about several subjects is about.
    `unclear_on` is the day in London since which an attempt may have gone out without our knowledge; "" if none can.
    `version_if_gone` is the version that it described if it turns out to have gone before, None for `version`; `noted`
    is the one that its row names until then.
    """

    operation_id: UUID
    version: int = 0
    attempts: int = 1
    taken_over: bool = False
    etag: str = ""
    claimant: str = ""
    lease_ends: datetime | None = None
    earlier: tuple[UUID, ...] = ()
    members: str = ""
    unclear_on: str = ""
    version_if_gone: int | None = None
    noted: int | None = None

    @property
    def version_to_note(self) -> int:
        """The version for its row until this claim sends it: what went before may have described an earlier one."""
        return self.version if self.version_if_gone is None or not self.taken_over else self.version_if_gone

    @property
    def day(self) -> str:
        """The day in London of this claim; "" before it is made."""
        return local_day(self.lease_ends - LEASE) if self.lease_ends is not None else ""

    def may_send(self, now: datetime) -> bool:
        """True if even the longest request that begins at `now` (UTC) ends within the lease."""
        return self.lease_ends is not None and now + LONGEST_REQUEST <= self.lease_ends


@dataclass(frozen=True, slots=True)
class Sent:
    """The email service has the email. `by_earlier_attempt`: since an earlier attempt, whose answer was lost."""

    by_earlier_attempt: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """The email service will never accept the email; `code` gives the reason in a word."""

    code: str


@dataclass(frozen=True, slots=True)
class Postponed:
    """Try again after `wait`. `pause_all`: the service asked for a pause, so all other emails wait as well.

    `set_up`: it accepts no email until someone has corrected its set-up. The others then wait for `pause` and this one
    perhaps for longer, so that they go first if it was about this one alone. `unclear_on` as in the claim.
    """

    wait: timedelta
    pause_all: bool
    code: str
    set_up: bool = False
    pause: timedelta | None = None
    unclear_on: str = ""

    @property
    def others_wait(self) -> timedelta:
        return self.wait if self.pause is None else self.pause


type Outcome = Sent | Refused | Postponed


def is_forgotten(unclear_on: str, today: str, remembered_days: int | None) -> bool:
    """True if the email service may not know any more of an attempt that has gone out.

    Days are London's, YYYY-MM-DD; `unclear_on` is "" if no attempt can have. `remembered_days` is that of `MailSender`.
    """
    if remembered_days is None or not (unclear_on and today):
        return False
    return (date.fromisoformat(today) - _read_day(unclear_on)).days >= remembered_days


def hand_over(compose: Callable[[], EmailMessage], claim: Claim, sender: MailSender, clock: Clock) -> Outcome:
    """Hands over an email that the caller has claimed, and returns the outcome that the caller has to mark.

    `compose` runs right before the email is sent, and not if an earlier attempt was found. Its errors are raised, but
    for those of the port: they are outcomes, as the email service's are. `clock` shows how much of the lease is left.
    """
    try:
        earlier = _earlier_outcome(claim, sender)
    except (MailNotAcceptedError, MailUnclearError) as error:  # what was unclear before still is
        return _postponed(error, claim, claim.unclear_on)
    return earlier or _send(compose, claim, sender, clock)


def _send(compose: Callable[[], EmailMessage], claim: Claim, sender: MailSender, clock: Clock) -> Outcome:
    try:
        message = compose()
        if not claim.may_send(clock()):
            return Postponed(wait_after(claim.attempts), pause_all=False, code=STALLED)
        sender.send(message, operation_id=claim.operation_id)
    except MailRefusedError as error:
        return Refused(str(error))
    except MailNotAcceptedError as error:
        return _postponed(error, claim, "")
    except MailUnclearError as error:
        return _postponed(error, claim, claim.day)
    return Sent()


def _postponed(error: MailNotAcceptedError | MailUnclearError, claim: Claim, unclear_on: str) -> Postponed:
    code, after = str(error), wait_after(claim.attempts)
    if isinstance(error, MailUnclearError):
        # It may be on its way. Sooner, the service's status would not yet reliably show it.
        return Postponed(TAKEN_OVER_AFTER, pause_all=False, code=code, unclear_on=unclear_on)
    pause = error.retry_after
    if isinstance(error, MailSetUpError) and pause is not None:
        logger.error(SET_UP_IS_WRONG, code)
        wait = max(pause, after)
        return Postponed(wait, pause_all=True, code=code, set_up=True, pause=pause, unclear_on=unclear_on)
    if error.pauses_all:
        logger.warning(TOO_MANY_REQUESTS, code)
    return Postponed(pause or after, pause_all=error.pauses_all, code=code, unclear_on=unclear_on)


def _earlier_outcome(claim: Claim, sender: MailSender) -> Outcome | None:
    """Returns the outcome of an earlier attempt; None if the email service knows of none."""
    if not claim.taken_over:
        return None
    try:
        known = (sender.status(each) for each in (*claim.earlier, claim.operation_id))
        found = next((status for status in known if status is not None), None)
    except MailRefusedError as error:  # the query was refused, which says nothing about the email
        raise MailUnclearError(str(error)) from error
    if found is MailStatus.FAILED:
        return Refused("provider-failed")
    if found is None and is_forgotten(claim.unclear_on, claim.day, sender.remembered_days):
        return Refused(UNKNOWN_OUTCOME)
    return None if found is None else Sent(by_earlier_attempt=True)


def _read_day(text: str) -> date:
    """A day in London; one that cannot be read, because someone typed over it, is long ago."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return date.min
