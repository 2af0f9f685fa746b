"""Erases referrals: deletes the sealed answers, then writes the state `erased`, and deletes the status much later.

After a crash between two steps the next run finds the same row and goes on.
"""

import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from shared.referrals import transitions
from shared.referrals.collection.lockout import Lockout
from shared.referrals.model import Referral, ReferralState
from shared.referrals.repository import ReferralRepository
from shared.tables.table import RowConflictError

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ReferralEraser:
    """Deletes answers, and later the status. Every method raises `StorageError`; the next run goes on."""

    rows: ReferralRepository
    tries: Lockout

    def erase_acknowledged(self, reference: str, now: datetime) -> None:
        """Deletes the answers if the provider has acknowledged them; a row that changes meanwhile is left alone."""
        referral = self.rows.status(reference)
        if referral is not None and referral.state is ReferralState.ACKNOWLEDGED and referral.acknowledged_on:
            with suppress(RowConflictError):
                self.erase(referral, now)

    def erase(self, referral: Referral, now: datetime) -> None:
        """Deletes the answers of a referral whose row is as it was read.

        Raises:
            RowConflictError: it has changed since; nothing was deleted.
        """
        # Written though nothing changes: it fails if someone objected, or wants it sent again, since the row was read.
        etag = self.rows.change(referral.reference, referral.etag, NotBefore="")
        found = self.rows.sealed(referral.reference)
        # The same form can have been sent again with other answers, which the provider does not have.
        if found is not None and found[0].submission == referral.submission:
            self.rows.delete_sealed(found[0])
        self.tries.reset(referral.reference)
        self.rows.mark(referral.reference, etag, **transitions.erased(now))
        logger.info("a referral was erased")

    def delete_status(self, referral: Referral, now: datetime) -> None:
        """Deletes the status of an erased referral, unless answers are there again: then a person looks."""
        if self.rows.sealed(referral.reference) is not None:
            self.rows.mark(referral.reference, referral.etag, **transitions.attention("not-erased", now))
            return
        self.rows.delete_status(referral)
        logger.info("the status row of a referral was deleted")
