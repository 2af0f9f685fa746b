"""Accepts a referral: sealed before anything is written, and never lost once the person has its reference."""

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from shared.local_time import london_day
from shared.references import answers_hash, reference, submission_hash
from shared.referrals.errors import ReferralReusedError, ReferralsBusyError
from shared.referrals.intake.request import ReferralRequest
from shared.referrals.model import Referral, ReferralState, Sealed
from shared.referrals.repository import ReferralRepository
from shared.tables.table import RowConflictError, StorageUnavailableError

logger = logging.getLogger(__name__)

_CANDIDATES = 5  # references to try: a second is needed once in some ten thousand million referrals


@dataclass(frozen=True, slots=True)
class ReferralService:
    """Accepts referrals.

    `seal` makes the answers unreadable for everyone on this side, this service included, and gives them a MAC.
    """

    store: ReferralRepository
    seal: Callable[[Referral, bytes], Sealed]
    key: bytes = field(repr=False)
    consent_version: str

    def accept(self, request: ReferralRequest, now: datetime) -> str:
        """Stores the referral and returns its reference: for the same submission always the same one.

        Args:
            request: the answers.
            now: UTC.

        Raises:
            ReferralReusedError: the same submission was stored with other answers, which stand.
            ReferralsBusyError: no clear answer from storage; the same request may be sent again.
        """
        submission_id = request.submission_id or secrets.token_urlsafe(24)
        submission = submission_hash(self.key, submission_id)
        fingerprint = f"{submission}-{answers_hash(self.key, submission_id, request.answers)}"
        for candidate in range(_CANDIDATES):
            referral = self._referral(submission_id, candidate, fingerprint, now)
            if self._store_sealed(referral, _padded(request.record.encode(), request.form.record_size)):
                self._store_status(referral)
                return referral.reference
        raise ReferralsBusyError

    def _referral(self, submission_id: str, candidate: int, fingerprint: str, now: datetime) -> Referral:
        today = london_day(now)
        return Referral(
            reference=reference(self.key, "referral", submission_id, str(candidate)),
            state=ReferralState.RECEIVED,
            received_on=today,
            due_on=today,
            consent_version=self.consent_version,
            submission=fingerprint,
        )

    def _store_sealed(self, referral: Referral, answers: bytes) -> bool:
        try:
            self.store.insert_sealed(referral, self.seal(referral, answers))
        except (RowConflictError, StorageUnavailableError):
            return self._is_stored(referral)
        return True

    def _is_stored(self, referral: Referral) -> bool:
        """True if the row under the reference is this referral, False if it is another person's."""
        try:
            found = self.store.sealed(referral.reference)
        except StorageUnavailableError:
            found = None
        if found is None:
            raise ReferralsBusyError
        stored = found[0].submission
        if stored == referral.submission:
            return True
        if stored.partition("-")[0] == referral.submission.partition("-")[0]:
            raise ReferralReusedError(referral.reference)
        return False

    def _store_status(self, referral: Referral) -> None:
        try:
            self.store.insert_status(referral)
        except StorageUnavailableError:
            # The answers are safe, so the person gets the reference; `orphan_recovery` adds the status.
            logger.warning("a referral was stored without a status row: recovery will create it")


def _padded(record: bytes, size: int) -> bytes:
    """The record with blanks at the end, which JSON allows: the size of a row must not show how much was written.

    Raises:
        ValueError: it is longer than any record of its form can be, so that its row would stand out.
    """
    if len(record) > size:
        raise ValueError("the record of a referral is longer than its form allows")
    return record.ljust(size)
