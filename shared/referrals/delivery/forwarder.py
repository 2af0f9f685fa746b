"""Forwarding a referral: opened in memory, written into one mail to one recipient, and kept until it has arrived."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from uuid import NAMESPACE_URL, UUID, uuid5

from shared.mail.delivery import LEASE, Claim, Outcome, Postponed, Refused, Sent, hand_over, wait_after
from shared.mail.message import EmailMessage, MailSender
from shared.referrals import transitions
from shared.referrals.errors import KeyUnavailableError, UnsealError
from shared.referrals.model import INLINE, Envelope, Referral
from shared.tables.table import StorageError

logger = logging.getLogger(__name__)

GIVE_UP_AFTER = timedelta(days=5)
"""How long a referral is tried to be sent before a person has to look. It is kept in any case."""

_DELAYS = (1.0, 2.0, 4.0)  # seconds between the first attempts: most troubles of a network or a vault are over by then
_TRIES = 3
_FAILED_AFTER_ACCEPTANCE = "provider-failed"  # the mail service accepted it, and says that nothing came of it


class ReferralQueue[E: Envelope](Protocol):
    """What forwarding needs of the tables; `shared.referrals.repository` describes each."""

    def status(self, reference: str) -> Referral | None: ...
    def sealed(self, reference: str) -> tuple[Referral, E] | None: ...
    def claim(self, referral: Referral, operation_id: UUID, now: datetime) -> Claim | None: ...
    def insert_status(self, referral: Referral) -> None: ...
    def mark(self, reference: str, etag: str, **cells: str | int) -> bool: ...


class Pause(Protocol):
    """The mail service's wish to be left alone; `shared.tables.service_table` describes each."""

    def is_on(self, now: datetime) -> bool: ...
    def begin(self, until: datetime) -> None: ...


class Writer(Protocol):
    """Writes the mail; `shared.referrals.delivery.provider_emails` does."""

    @property
    def delivery(self) -> str: ...
    def referral(self, referral: Referral, answers: bytes) -> EmailMessage: ...


class Mailbox(Protocol):
    """Whether the provider's mailbox takes mail; `shared.referrals.delivery.mailbox_health` describes it."""

    def record_bounce(self, operation_id: str, now: datetime) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralForwarder[E: Envelope]:
    """Sends referrals to the provider. `unseal` opens sealed answers; `sleep` waits for so many seconds."""

    queue: ReferralQueue[E]
    unseal: Callable[[str, E], bytes]
    pause: Pause
    sender: MailSender
    writer: Writer
    mailbox: Mailbox
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)

    def forward(self, reference: str, now: datetime) -> None:
        """Sends the referral if it is due at `now` (UTC); naming it any number of times sends it once.

        What cannot be sent now stays due, and the schedule names it again.

        Raises:
            StorageError: it is not known how far it came; name it again later.
        """
        if self._is_paused(now):
            return
        for _ in range(_TRIES):  # somebody may write the row between our look and our claim
            referral = self.queue.status(reference) or self._recovered_orphan(reference)
            if referral is None:
                logger.warning("dropped a queue message for a referral that does not exist")
                return
            if not referral.is_due(now):
                return
            if referral.is_resend_requested:
                logger.info("referral %s is sent again: its state was reset by hand", reference)
                referral = transitions.reset_for_resend(referral, now)
            claim = self.queue.claim(self._with_current_delivery(referral), operation_id(referral), now)
            if claim is not None:
                self._mark(referral, claim, self._attempts(referral, claim), now)
                return

    def record_failure(self, reference: str, now: datetime) -> None:
        """Notes that handling a referral failed again and again. It is kept, and the schedule tries it again."""
        referral = self.queue.status(reference)
        logger.error("referral %s could not be processed: kept and retried later", reference)
        if referral is not None and referral.is_due(now):
            until = now + wait_after(referral.attempts + 1)
            cells = transitions.waiting(referral, until, "handling-failed", now)
            self.queue.mark(reference, referral.etag, **cells)

    def _is_paused(self, now: datetime) -> bool:
        try:
            return self.pause.is_on(now)
        except StorageError:  # of the bookings: a referral does not wait for them
            return False

    def _recovered_orphan(self, reference: str) -> Referral | None:
        """The status of a referral whose sealed answers were stored and whose status was not."""
        found = self.queue.sealed(reference)
        if found is None:
            return None
        self.queue.insert_status(found[0])
        return self.queue.status(reference)

    def _with_current_delivery(self, referral: Referral) -> Referral:
        """With the way in which it is sent now: what may be deleted later goes by it, whatever is set by then."""
        return transitions.with_delivery(referral, self.writer.delivery)

    def _attempts(self, referral: Referral, claim: Claim) -> Outcome:
        outcome = self._attempt(referral, claim)
        for seconds in _DELAYS if claim.attempts == 1 else ():
            if not _is_worth_a_quick_try(outcome):
                break
            self.sleep(seconds)
            outcome = self._attempt(referral, claim)
        return outcome

    def _attempt(self, referral: Referral, claim: Claim) -> Outcome:
        try:
            message = self._message(referral)
        except UnsealError as error:
            return Refused(f"unseal-{error}")
        except KeyUnavailableError as error:
            logger.warning("referral %s postponed: key unavailable: %s", referral.reference, error)
            return Postponed(wait_after(claim.attempts), pause_all=False, code="key-unavailable")
        except StorageError:
            raise
        except Exception as error:  # noqa: BLE001  # whatever it is, five days of it end with a person
            # Its type alone: a message can quote an answer. The queue would try it for ever, and never hour by hour.
            logger.error("referral %s: composing the email failed: %s", referral.reference, type(error).__name__)  # noqa: TRY400
            return Postponed(wait_after(claim.attempts), pause_all=False, code="handling-failed")
        return hand_over(message, claim, self.sender)

    def _message(self, referral: Referral) -> EmailMessage:
        found = self.queue.sealed(referral.reference)
        if found is None:
            raise UnsealError("missing")
        inline = self.writer.delivery == INLINE
        answers = self.unseal(referral.reference, found[1]) if inline else b""
        return self.writer.referral(referral, answers)

    def _mark(self, referral: Referral, claim: Claim, outcome: Outcome, now: datetime) -> None:
        """Writes down what came of it. Where somebody was faster - a report, an acknowledgement - theirs stands."""
        cells = self._cells(referral, claim, outcome, now)
        self.queue.mark(referral.reference, claim.etag, **cells)
        logger.log(
            logging.ERROR if cells.get("State") == "attention" else logging.INFO,
            "referral %s: %s %s",
            referral.reference,
            cells.get("State", "postponed"),
            cells["LastError"],
        )
        if isinstance(outcome, Postponed) and outcome.pause_all:
            self.pause.begin(now + outcome.wait)
        if isinstance(outcome, Refused) and outcome.code.startswith("HTTP"):
            self.mailbox.record_bounce(str(claim.operation_id), now)

    def _cells(self, referral: Referral, claim: Claim, outcome: Outcome, now: datetime) -> transitions.Cells:
        match outcome:
            case Sent():
                return transitions.sent(now)
            case Refused(code) if code == _FAILED_AFTER_ACCEPTANCE:
                return transitions.failed(referral, now)
            case Refused(code) if code == "unseal-missing" and referral.erased_on:
                return transitions.already_erased(referral)
            case Refused(code):
                return transitions.attention(code, now)
            case Postponed(code=code) if transitions.is_given_up(referral, GIVE_UP_AFTER, now):
                return transitions.attention(transitions.NOT_SENT, now) | {
                    "LastError": f"{transitions.NOT_SENT}-{code}"
                }
            case Postponed(wait, pause_all, code):
                wait = wait if pause_all else max(wait, wait_after(claim.attempts))
                return transitions.waiting(referral, now + wait, code, now)


def operation_id(referral: Referral) -> UUID:
    """Under which the mail service knows the mail: the same for every attempt of one epoch."""
    return uuid5(NAMESPACE_URL, f"referral:{referral.reference}/{referral.epoch}")


def _is_worth_a_quick_try(outcome: Outcome) -> bool:
    """Whether it is certain that nothing was sent, and nobody asked for peace: what is unclear waits for a lease."""
    return (
        isinstance(outcome, Postponed) and not outcome.pause_all and outcome.wait < LEASE and "429" not in outcome.code
    )
