"""Forwards a referral: opened in memory, written into one email to one recipient, and kept until it has arrived.

nudge          0. stop if the referral has only just come, and others wait before it
forward        1. stop if referrals' emails are paused, the quota is used up, or the referral is not due; one that is
                  noted as withdrawn never is, whatever its row says
               2. claim the status row, so that no other process sends the same referral; a test of the running
                  service ends here: the operators are told
_message       3. read the sealed answers, check who wrote them, and unseal them unless the email carries only a link
               4. compose the email
_attempt_once  5. hand it over within the lease, after asking about an earlier attempt whose outcome is unknown
_attempt       6. repeat 3 to 5 within seconds, on the first claim only
_record        7. mark the row: sent, waiting, sent again under a new epoch, or for a person
               8. begin a pause, or record a bounce of the provider's mailbox

After a crash between two steps the claim ends with its lease, and the timer names the referral again.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from uuid import NAMESPACE_URL, UUID, uuid5

from shared.local_time import Clock
from shared.mail.delivery import Claim, Sent, hand_over, wait_after
from shared.mail.message import EmailMessage, MailNotAcceptedError, MailSender
from shared.mail.pause import MailPause
from shared.mail.share import OVER_QUOTA, MailShare
from shared.referrals import interrupted_erasure, transitions
from shared.referrals.delivery import resending
from shared.referrals.delivery.attempt import (
    Attempt,
    Cause,
    NotSent,
    answers_damaged,
    answers_missing,
    composing_failed,
    from_mail,
    key_unavailable,
)
from shared.referrals.delivery.mailbox_health import ProviderMailbox
from shared.referrals.delivery.provider_emails import ProviderEmails
from shared.referrals.delivery.release.flags import Nudges
from shared.referrals.delivery.smoke_test import SmokeTest
from shared.referrals.errors import KeyUnavailableError, UnsealError
from shared.referrals.model import Referral, ReferralState
from shared.referrals.repository import ReferralRepository
from shared.referrals.sealed_answers import Sealed
from shared.tables.table import StorageError

logger = logging.getLogger(__name__)

GIVE_UP_AFTER = timedelta(days=5)
"""Time for which a referral is tried before a person has to look. It is kept in any case."""

_DELAYS = (1.0, 2.0, 4.0)  # seconds between the first attempts: most faults of a network or a vault are over by then
_CLAIM_TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferralForwarder:
    """Sends referrals to the provider.

    `authenticate` is `RowMac.check`; `unseal` opens sealed answers; `clock` shows UTC; `sleep` waits for
    so many seconds; `complete_withdrawal` is `Withdrawals.complete_if_withdrawn`.
    """

    queue: ReferralRepository
    authenticate: Callable[[Referral, Referral, Sealed, datetime], None]
    unseal: Callable[[Referral, Sealed], bytes]
    pause: MailPause
    sender: MailSender
    writer: ProviderEmails
    mailbox: ProviderMailbox
    clock: Clock
    complete_withdrawal: Callable[[Referral, datetime], bool]
    share: MailShare | None = None
    nudges: Nudges | None = None
    smoke_test: SmokeTest | None = None
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)

    def nudge(self, reference: str, now: datetime) -> None:
        """Sends a referral that has just come, unless it has to take its turn: then the timer names it.

        Raises:
            StorageError: as `forward`.
        """
        if self.nudges is None or self.nudges.may_go_at_once(reference, now):
            self.forward(reference, now)

    def forward(self, reference: str, now: datetime) -> None:
        """Sends the referral if it is due at `now` (UTC); naming it any number of times sends it once.

        A referral that cannot be sent now stays due, and the timer names it again.

        Raises:
            StorageError: the outcome is unknown; name it again later.
        """
        if self._is_paused(now) or (self.share is not None and self.share.is_used_up(now)):
            return
        for _ in range(_CLAIM_TRIES):  # the row may change between reading and claiming it
            referral = self._due(reference, now)
            if referral is None:
                return
            claim = self.queue.claim(referral, operation_id(referral), now)
            if claim is not None and self.smoke_test is not None and self.smoke_test.recognises(referral, now):
                self._mark(referral, claim, self.smoke_test.report(referral, now))
                return
            if claim is not None:
                self._record(referral, claim, self._attempt(referral, claim, now), now)
                return

    def record_failure(self, reference: str, now: datetime) -> None:
        """Notes that handling a referral failed repeatedly. It is kept, and the timer tries it again."""
        referral = self.queue.status(reference)
        logger.error("a referral could not be processed: kept and retried later")
        if referral is not None and referral.is_due(now):
            until = now + wait_after(referral.attempts + 1)
            cells = transitions.waiting(referral, until, "handling-failed", now)
            self.queue.mark(reference, referral.etag, **cells)

    def _is_paused(self, now: datetime) -> bool:
        try:
            return self.pause.is_on(now)
        except StorageError:
            return False

    def _due(self, reference: str, now: datetime) -> Referral | None:
        """The referral as it is to be claimed, or None if it is not due."""
        referral = self.queue.status(reference) or self._recovered_orphan(reference)
        if referral is None:
            logger.warning("dropped a queue message for a referral that does not exist")
            return None
        if referral.state is ReferralState.WITHDRAWN:
            self.complete_withdrawal(referral, now)
            return None
        referral = interrupted_erasure.completed(self.queue, referral, now)
        if not referral.is_due(now) or referral.is_in_batch or self.complete_withdrawal(referral, now):
            return None
        if referral.is_resend_requested:
            logger.info("a referral is sent again: its state was reset by hand")
            referral = resending.reset_for_resend(referral, now)
        # Its delivery as it is set now: what may be deleted later goes by it, whatever is set by then.
        return resending.with_batch(resending.with_delivery(referral, self.writer.delivery), "")

    def _recovered_orphan(self, reference: str) -> Referral | None:
        """The status of a referral whose sealed answers were stored and whose status was not."""
        found = self.queue.sealed(reference)
        if found is None or found[0].copy_of:  # a copy is adopted only if it is no repetition, by `orphan_recovery`
            return None
        self.queue.insert_status(found[0])
        return self.queue.status(reference)

    def _attempt(self, referral: Referral, claim: Claim, now: datetime) -> Attempt:
        attempt = self._attempt_once(referral, claim, now)
        for seconds in _DELAYS if claim.attempts == 1 else ():
            if isinstance(attempt, Sent) or not attempt.may_retry_at_once:
                break
            self.sleep(seconds)
            attempt = self._attempt_once(referral, claim, now)
        return attempt

    def _attempt_once(self, referral: Referral, claim: Claim, now: datetime) -> Attempt:
        try:
            message = self._message(referral, now)
        except UnsealError as error:
            return answers_damaged(str(error))
        except KeyUnavailableError as error:
            logger.warning("a referral is postponed: key unavailable: %s", error)
            return key_unavailable(claim.attempts)
        except StorageError:
            raise
        except Exception as error:  # noqa: BLE001  # any other error too: after five days a person looks
            # Its type alone: a message can quote an answer. Raised, the queue would repeat it and then drop it.
            logger.error("composing the email of a referral failed: %s", type(error).__name__)  # noqa: TRY400
            return composing_failed(claim.attempts)
        if message is None:
            return answers_missing()
        return from_mail(hand_over(partial(self._counted, message), claim, self.sender, self.clock))

    def _counted(self, message: EmailMessage) -> EmailMessage:
        if self.share is not None and not self.share.take(self.clock()):
            raise MailNotAcceptedError(OVER_QUOTA)
        return message

    def _message(self, referral: Referral, now: datetime) -> EmailMessage | None:
        """The email, or None if no answers are stored."""
        found = self.queue.sealed(referral.reference)
        if found is None:
            return None
        self.authenticate(referral, *found, now)
        kind = found[0].delivery or referral.delivery  # a sealed row knows, whatever is typed into the status
        answers = self.unseal(*found) if self.writer.holds_answers(found[0]) else b""
        return self.writer.referral(replace(referral, delivery=kind), answers, now)

    def _record(self, referral: Referral, claim: Claim, attempt: Attempt, now: datetime) -> None:
        """Writes the outcome into the row; a report or an acknowledgement that came sooner stands."""
        cells = self._cells(referral, claim, attempt, now)
        is_written = self._mark(referral, claim, cells)
        if is_written and cells.get("State") == ReferralState.ATTENTION:
            logger.error("referral %s needs attention: %s", referral.reference, cells["LastError"])
        else:  # without its reference: the moment would say when it came
            logger.info("a referral is %s %s", cells.get("State", "postponed"), cells["LastError"])
        outcome = attempt.postponed if isinstance(attempt, NotSent) else attempt
        if outcome is not None:
            self.pause.follow(outcome, now)
        if isinstance(attempt, NotSent) and attempt.cause is Cause.EMAIL_REFUSED:
            self.mailbox.record_bounce(str(claim.operation_id), now)

    def _mark(self, referral: Referral, claim: Claim, cells: transitions.Cells) -> bool:
        """Writes the outcome; again if the claim still holds: someone at the provider opened the referral meanwhile.

        False if it does not hold: it was withdrawn, for instance.
        """
        etag, claimed = claim.etag, (ReferralState.SENDING, claim.attempts, referral.epoch)
        for _ in range(_CLAIM_TRIES):
            if self.queue.mark(referral.reference, etag, **cells):
                return True
            found = self.queue.status(referral.reference)
            if found is None or (found.state, found.attempts, found.epoch) != claimed:
                return False
            etag = found.etag
        return False

    def _cells(self, referral: Referral, claim: Claim, attempt: Attempt, now: datetime) -> transitions.Cells:
        match attempt:
            case Sent():
                return transitions.sent(now)
            case NotSent(Cause.FAILED_AFTER_ACCEPTANCE):
                return transitions.failed(referral, now)
            case NotSent(Cause.ANSWERS_MISSING) if referral.erased_on:
                return transitions.already_erased(referral)
            case NotSent(is_permanent=True):
                return transitions.attention(attempt.code, now)
            case NotSent(cause) if cause is not Cause.SET_UP and transitions.is_given_up(referral, GIVE_UP_AFTER, now):
                return transitions.attention(f"{transitions.NOT_SENT}-{attempt.code}", now)
            case NotSent(postponed=postponed):  # a wrong set-up is corrected for all: it gives up none
                wait = attempt.wait if attempt.pause_all else max(attempt.wait, wait_after(claim.attempts))
                unclear = {"UnclearOn": referral.unclear_on if postponed is None else postponed.unclear_on}
                return transitions.waiting(referral, now + wait, attempt.code, now) | unclear


def operation_id(referral: Referral) -> UUID:
    """The id under which the email service knows the email: the same for every attempt of one epoch."""
    return uuid5(NAMESPACE_URL, f"referral:{referral.reference}/{referral.epoch}")
