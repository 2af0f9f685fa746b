"""Accepts a referral: sealed before anything is written, and never lost once the person has its reference.

It inserts rows and reads statuses, and needs no other right: whoever takes over the app that runs this can erase,
acknowledge and open nothing. The sealed answers are inserted first and the status second. So there are three cases for
a reference that is taken:

- its status has this submission: it was stored before;
- its status has another: that of another person, and the next reference is tried. So it is if the provider has set
  this one aside as not genuine, and its answers are about to be deleted: who sends it again may be genuine;
- it has no status: a process died between the two writes, or is between them. The sealed answers are this submission's,
  but may be earlier ones than these, and cannot be read here. These are stored too, as a copy under another reference,
  and `orphan_recovery`, which may read both, deletes the copy or has it sent. The status is left to the worker, which
  makes it from the first row: its day and its answers may be others than these.
"""

import logging
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from shared.local_time import local_day
from shared.references import answers_hash, reference, submission_hash
from shared.referrals.delivery.smoke_test import random_marker
from shared.referrals.errors import (
    KeyNotProvenError,
    ReferralReusedError,
    ReferralsBusyError,
    ReferralWithdrawnError,
    UnsealError,
)
from shared.referrals.intake.request import ReferralRequest
from shared.referrals.model import Referral, ReferralState
from shared.referrals.repository import ReferralRepository
from shared.referrals.sealed_answers import Sealed
from shared.referrals.withdrawal.own_words import words_of
from shared.tables.table import RowConflictError, StorageUnavailableError

logger = logging.getLogger(__name__)

_CANDIDATES = 5  # references to try: a second is needed after it was set aside, or once in some ten thousand million


@dataclass(frozen=True, slots=True)
class ReferralService:
    """Accepts referrals.

    `seal` makes the answers unreadable for everyone on this side, this service included, and gives them a MAC. It
    raises where no one could open them again: no one hears "received" of what cannot be read. `hashed` makes what is
    kept under a reference of the three words that prove whose it is. `delivery` is `SEALED` if only the provider's keys
    open what it seals, so that it can go in no other way; else "", and the worker decides.
    """

    store: ReferralRepository
    seal: Callable[[Referral, bytes], Sealed]
    key: bytes = field(repr=False)
    consent_version: str
    hashed: Callable[[str, str], str]
    delivery: str = ""

    def words_of(self, submission_id: str) -> str:
        """The three words of the form with this id, which its sender is shown beside the reference."""
        return words_of(self.key, submission_id)

    def accept(self, request: ReferralRequest, now: datetime, *, slow: bool = False) -> str:
        """Stores the referral and returns its reference: for the same submission the same one, until it is set aside.

        Args:
            request: the answers.
            now: UTC.
            slow: it came without a browser's marks, and gives way to others when too many come at once.

        Raises:
            ReferralReusedError: the same submission was stored with other answers, which stand.
            ReferralWithdrawnError: the same form was withdrawn; the worker deletes what was stored now.
            ReferralsBusyError: no clear answer from storage, or what is sealed cannot be opened at the moment; the same
                request may be sent again.
        """
        submission_id = request.submission_id or secrets.token_urlsafe(24)
        submission = submission_hash(self.key, submission_id)
        fingerprint = f"{submission}-{answers_hash(self.key, submission_id, request.answers)}"
        answers = _padded(request.record.encode(), request.form.record_size)
        marker = request.marker or random_marker()  # nobody without the key can tell one from the other
        candidates = [
            replace(self._referral(submission_id, number, fingerprint, now), slow=slow, marker=marker)
            for number in range(_CANDIDATES)
        ]
        for number, referral in enumerate(candidates):
            own = replace(referral, own_words=self.hashed(referral.reference, self.words_of(submission_id)))
            if self._is_stored(own, answers, spares=candidates[number + 1 :]):
                return referral.reference
        raise ReferralsBusyError

    def _referral(self, submission_id: str, candidate: int, fingerprint: str, now: datetime) -> Referral:
        today = local_day(now)
        return Referral(
            reference=reference(self.key, "referral", submission_id, str(candidate)),
            state=ReferralState.RECEIVED,
            received_on=today,
            due_on=today,
            consent_version=self.consent_version,
            submission=fingerprint,
            delivery=self.delivery,
        )

    def _is_stored(self, referral: Referral, answers: bytes, spares: Sequence[Referral]) -> bool:
        """Stores the referral unless it is stored; False if its reference is another person's, or was set aside."""
        if not self._insert_sealed(referral, answers):
            status = self._status(referral.reference)
            if status is not None:
                return _is_same(status, referral)
            self._store_copy(referral, answers, spares)
            return True  # its status is made from the first row, whose day and answers may be others
        return self._store_status(referral)

    def _insert_sealed(self, referral: Referral, answers: bytes) -> bool:
        """Stores the sealed answers; False if the reference is taken, perhaps by this very referral."""
        try:
            self.store.insert_sealed(referral, self.seal(referral, answers))
        except RowConflictError:
            return False
        except (KeyNotProvenError, UnsealError) as error:
            logger.error("a referral was refused: no one could open it again: %s", error)  # noqa: TRY400  # no traceback
            raise ReferralsBusyError from None
        except StorageUnavailableError:
            raise ReferralsBusyError from None
        return True

    def _status(self, reference: str) -> Referral | None:
        try:
            return self.store.status(reference)
        except StorageUnavailableError:
            raise ReferralsBusyError from None

    def _store_copy(self, referral: Referral, answers: bytes, spares: Sequence[Referral]) -> None:
        """Stores the answers under the first reference that is free, named as a copy of this one's."""
        copies = (replace(each, copy_of=referral.reference, own_words=referral.own_words) for each in spares)
        if not any(self._insert_sealed(copy, answers) for copy in copies):
            raise ReferralsBusyError

    def _store_status(self, referral: Referral) -> bool:
        """Stores the status; False if there is one of another person's, who has withdrawn."""
        try:
            if self.store.insert_status(referral):
                return True
            status = self.store.status(referral.reference)
        except StorageUnavailableError:
            # The answers are safe, so the person gets the reference; `orphan_recovery` adds the status.
            logger.warning("a referral was stored without a status row: recovery will create it")
            return True
        return status is None or status.state is not ReferralState.WITHDRAWN or _is_same(status, referral)


def _is_same(status: Referral, referral: Referral) -> bool:
    """True if the status is that of this referral; raises ReferralReusedError and ReferralWithdrawnError.

    False if it is another person's, or was set aside.
    """
    is_own = status.submission.partition("-")[0] == referral.submission.partition("-")[0]
    if is_own and status.state is ReferralState.WITHDRAWN:
        raise ReferralWithdrawnError(referral.reference)
    if status.is_set_aside and status.state is ReferralState.ACKNOWLEDGED:
        return False
    if status.submission == referral.submission:
        return True
    if is_own:
        raise ReferralReusedError(referral.reference)
    return False


def _padded(record: bytes, size: int) -> bytes:
    """The record with blanks at the end, which JSON allows: the size of a row must not show how much was written.

    Raises:
        ValueError: it is longer than any record of its form can be, so that its row would stand out.
    """
    if len(record) > size:
        raise ValueError("the record of a referral is longer than its form allows")
    return record.ljust(size)
