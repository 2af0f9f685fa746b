"""Erases referrals: deletes the sealed answers, then writes the state `erased`, and deletes the status much later.

After a crash between two steps the next run finds the same row and goes on; if the answers are gone, whoever meets the
row sooner completes it (`interrupted_erasure`). The decision is that of `retention_rules` and `acknowledged_rules`.
"""

import logging
from dataclasses import dataclass, replace
from datetime import datetime

from shared.local_time import local_day
from shared.referrals import transitions
from shared.referrals.collection.wrong_tries import WrongTries
from shared.referrals.interrupted_erasure import completed, is_sent_again
from shared.referrals.model import Referral
from shared.referrals.repository import ReferralRepository

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ReferralEraser:
    """Deletes answers, and later the status. Every method raises `StorageError`; the next run goes on."""

    rows: ReferralRepository
    tries: WrongTries

    def erase(self, referral: Referral, now: datetime, reason: str = "") -> None:
        """Deletes the answers of a referral whose row is as it was read, and keeps the `reason` in it.

        Raises:
            RowConflictError: it has changed since, or another run took the erasure back; nothing was deleted.
        """
        # Read before the day is written: whoever takes the day back changes this row, and it is not deleted then.
        found = self.rows.sealed(referral.reference)
        # It fails if someone objected, or wants it kept or sent again, since the row was read; with the day in it the
        # provider is not promised any more that it is kept.
        etag = self.rows.change(referral.reference, referral.etag, NotBefore="", ErasedOn=local_day(now))
        if found is not None and not is_sent_again(referral, found[0]):
            self.rows.delete_sealed(found[0])
        self.tries.forget(referral.reference)
        if not self.rows.mark(referral.reference, etag, **transitions.erased(now, reason)):
            self._complete(referral.reference, now)
        logger.info("a referral was erased")

    def _complete(self, reference: str, now: datetime) -> None:
        """Says `erased` in a row that has changed since the day was written: a report came, or someone opened it."""
        current = self.rows.status(reference)
        if current is not None:
            completed(self.rows, replace(current, erased_on=current.erased_on or local_day(now)), now)

    def delete_status(self, referral: Referral, now: datetime) -> None:
        """Deletes the status of an erased referral, unless answers are there again: then a person looks."""
        if self.rows.sealed(referral.reference) is not None:
            self.rows.mark(referral.reference, referral.etag, **transitions.not_erased(referral, now))
            return
        self.rows.delete_status(referral)
        logger.info("the status row of a referral was deleted")
