"""Sends one email with the links to several referrals, each at most once, whatever breaks between the steps.

deliver    1. read the row of the batch, which names its members; one that is settled is only followed (step 6)
_send      2. claim the row, and ask about an earlier attempt whose outcome is unknown
_joined    3. if none went out: let the members join that are still due, and leave out all others
_compose   4. compose the email, and hand it over within the lease
_send      5. mark the row
_follow    6. mark each member that joined, as the batch is

A member joins by a change of its own row, on condition that the row is as it was read. Whoever takes a batch over lets
join whatever has not yet; so a worker that stalled before finds each row changed, and lets no one join too late. Only
members that joined follow, whatever else the row names. After a crash the timer names the batch again, because members
that joined are due when their claim ends.
"""

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from shared.local_time import local_day
from shared.mail.delivery import UNKNOWN_OUTCOME, Claim, Outcome, Postponed, Refused, Sent, hand_over, is_forgotten
from shared.mail.log_rows import MailState
from shared.mail.message import EmailMessage, MailError, MailStatus
from shared.mail.sending import IdempotentSender
from shared.referrals import transitions
from shared.referrals.delivery import resending
from shared.referrals.delivery.attempt import answers_damaged, answers_missing
from shared.referrals.delivery.forwarder import GIVE_UP_AFTER, operation_id
from shared.referrals.delivery.mailbox_health import ProviderMailbox
from shared.referrals.delivery.provider_emails import ProviderEmails
from shared.referrals.delivery.release.batch_log import BATCHES, Batch, BatchLog, Member
from shared.referrals.errors import UnsealError
from shared.referrals.model import LINK, Referral, ReferralState
from shared.referrals.repository import ReferralRepository
from shared.referrals.sealed_answers import Sealed

logger = logging.getLogger(__name__)

_TRIES = 5
_PROVIDER_FAILED = "provider-failed"
_NO_MEMBERS = "no-members"
_NOT_BY_THE_MAILBOX = frozenset({_NO_MEMBERS, _PROVIDER_FAILED, UNKNOWN_OUTCOME})


class _NoMembersError(Exception):
    """Every member has gone another way meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSender:
    """Sends batches to the provider. `sending` has the email log in which `log` has its rows.

    `authenticate` is `RowMac.check`; `withdrawn` is `WithdrawalNotes.references`.
    """

    queue: ReferralRepository
    authenticate: Callable[[Referral, Referral, Sealed, datetime], None]
    log: BatchLog
    sending: IdempotentSender
    writer: ProviderEmails
    mailbox: ProviderMailbox
    withdrawn: Callable[[], Collection[str]]

    def deliver(self, batch_id: str, now: datetime) -> None:
        """Sends the batch if it is due at `now` (UTC); naming it any number of times sends it once.

        Raises:
            StorageError: the outcome is unknown; name it again later.
        """
        batch = self.log.read(batch_id) or self._restored(batch_id, now)
        if batch is None:
            return
        outcome = self._send(batch, now) if batch.state is MailState.SENDING else _settled(batch)
        if outcome is None:
            return
        for member in batch.members:
            self._follow(batch, member, outcome, now)

    def _restored(self, batch_id: str, now: datetime) -> Batch | None:
        """The batch of a row that someone deleted, for the members that joined it."""
        joined = [each for each in self.queue.every_status() if each.is_in_batch and each.batch == batch_id]
        if not joined:
            return None
        self.log.insert(joined, now, batch_id)
        return self.log.read(batch_id)

    def _send(self, batch: Batch, now: datetime) -> Outcome | None:
        """The outcome of this attempt; None if there was none."""
        ledger = self.sending.ledger
        if self.sending.is_paused(now):
            return None
        claim = ledger.claim(BATCHES, batch.id, Claim(batch.operation_id), now)
        if claim is None:
            return None
        try:
            outcome = hand_over(partial(self._compose, batch, now), claim, self.sending.sender, self.sending.clock)
        except _NoMembersError:
            outcome = Refused(_NO_MEMBERS)
        ledger.mark(BATCHES, batch.id, claim, outcome, now)
        self._note(batch, outcome, now)
        return outcome

    def _note(self, batch: Batch, outcome: Outcome, now: datetime) -> None:
        logger.info("batch of referrals: %s", type(outcome).__name__.lower())
        self.sending.pause.follow(outcome, now)
        if isinstance(outcome, Refused) and outcome.code not in _NOT_BY_THE_MAILBOX:
            self.mailbox.record_bounce(str(batch.operation_id), now)

    def _compose(self, batch: Batch, now: datetime) -> EmailMessage:
        self.sending.count(now)
        known = {each.reference: each for each in self.queue.every_status()}
        withdrawn = self.withdrawn()  # after the rows: one that is saved as it was before has changed since
        members = [each for each in batch.members if each.reference not in withdrawn]
        joined = [each for member in members if (each := self._joined(batch, member, known, now))]
        if not joined:
            raise _NoMembersError
        return self.writer.batch(joined, now)

    def _joined(self, batch: Batch, member: Member, known: Mapping[str, Referral], now: datetime) -> Referral | None:
        """The referral if it goes with the batch; None if it has gone, or goes, another way."""
        referral = known.get(member.reference)
        if referral is not None and referral.is_resend_requested:
            referral = resending.reset_for_resend(referral, now)
        if referral is None or referral.epoch != member.epoch:
            return None
        if referral.is_in_batch:
            return referral if referral.batch == batch.id else None
        if not referral.is_due(now) or self._has_gone(referral, now) or not self._is_authentic(referral, now):
            return None
        joining = resending.with_batch(resending.with_delivery(referral, LINK), batch.id)
        return joining if self.queue.join(joining, operation_id(referral), batch.operation_id, now) else None

    def _is_authentic(self, referral: Referral, now: datetime) -> bool:
        """True if its answers are there, and this service wrote them; otherwise a person has to look."""
        found = self.queue.sealed(referral.reference)
        if found is None and referral.erased_on:
            return False  # the next run completes it
        try:
            code = answers_missing().code if found is None else self._authenticated(referral, *found, now)
        except UnsealError as error:
            code = answers_damaged(str(error)).code
        if code:
            cells = transitions.attention(code, now)
            if self.queue.mark(referral.reference, referral.etag, **cells):
                _log(referral.reference, cells)
        return not code

    def _authenticated(self, referral: Referral, stored: Referral, sealed: Sealed, now: datetime) -> str:
        self.authenticate(referral, stored, sealed, now)
        return ""

    def _has_gone(self, referral: Referral, now: datetime) -> bool:
        """True if an earlier attempt sent the referral, or nothing clear is known of it yet."""
        earlier = self.queue.earlier_emails(operation_id(referral))
        try:
            known = (self.sending.sender.status(each) for each in earlier)
            found = next((status for status in known if status is not None), None)
        except MailError:
            return True
        if found is not None:
            cells = transitions.failed(referral, now) if found is MailStatus.FAILED else transitions.sent(now)
            self.queue.mark(referral.reference, referral.etag, **cells)
        return found is not None or self._is_forgotten(referral, now)

    def _is_forgotten(self, referral: Referral, now: datetime) -> bool:
        """True if it is too late to know whether an earlier attempt sent the referral: a person has to look."""
        if not is_forgotten(referral.unclear_on, local_day(now), self.sending.sender.remembered_days):
            return False
        cells = transitions.attention(UNKNOWN_OUTCOME, now)
        if self.queue.mark(referral.reference, referral.etag, **cells):
            _log(referral.reference, cells)
        return True

    def _follow(self, batch: Batch, member: Member, outcome: Outcome, now: datetime) -> None:
        """Marks one member; one that was acknowledged, erased, reported on or sent anew meanwhile is left alone."""
        for _ in range(_TRIES):
            referral = self.queue.status(member.reference)
            if referral is None or not referral.is_in_batch or referral.batch != batch.id:
                return
            cells = _cells(referral, outcome, now)
            if self.queue.mark(member.reference, referral.etag, **cells):
                _log(member.reference, cells)
                return


def _cells(referral: Referral, outcome: Outcome, now: datetime) -> transitions.Cells:
    match outcome:
        case Sent():
            return transitions.sent(now)
        case Refused(code) if code == _PROVIDER_FAILED:
            return transitions.failed(referral, now)
        case Refused(code):
            return transitions.attention(code, now)
        case Postponed(wait, _, code) if outcome.set_up or not transitions.is_given_up(referral, GIVE_UP_AFTER, now):
            unclear = {"UnclearOn": outcome.unclear_on}
            return transitions.waiting(referral, now + max(wait, timedelta(0)), code, now) | unclear
        case Postponed(_, _, code):
            return transitions.attention(f"{transitions.NOT_SENT}-{code}", now)


def _log(reference: str, cells: transitions.Cells) -> None:
    if cells.get("State") == ReferralState.ATTENTION:
        logger.error("referral %s needs attention: %s", reference, cells["LastError"])
    else:  # without its reference: the moment would say when it came
        logger.info("a referral is %s %s", cells.get("State", "postponed"), cells["LastError"])


def _settled(batch: Batch) -> Outcome:
    """The outcome that a row has, for members that did not follow before a crash."""
    match batch.state:
        case MailState.BOUNCED:
            return Refused(str(MailState.BOUNCED))
        case MailState.FAILED:
            return Refused(batch.code or _PROVIDER_FAILED)
        case _:
            return Sent(by_earlier_attempt=True)
