"""Recovery of sealed answers that have no status, or that came again after they were erased."""

import logging
from dataclasses import dataclass

from shared.referrals import transitions
from shared.referrals.model import Referral, ReferralState
from shared.referrals.repository import ReferralRepository

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OrphanRecovery:
    """Compares the table of sealed answers with the table of statuses."""

    rows: ReferralRepository

    def run(self) -> int:
        """Gives a status to every sealed referral that has none, and returns their number.

        A process can die between the two writes; the person saw an error and may never have tried again.

        Raises:
            StorageError: the next run goes on.
        """
        # The sealed rows first: one that is written between the two looks is then not taken for an orphan.
        sealed = self.rows.every_sealed()
        known = {referral.reference: referral for referral in self.rows.every_status()}
        for referral in sealed:
            status = known.get(referral.reference)
            if status is None:
                self.rows.insert_status(referral)
                logger.warning("a referral had no status row: created one")
            elif status.state is ReferralState.ERASED and status.erased_on:  # not the word alone, typed by someone
                self._handle_resubmission(referral, status)
        return sum(referral.reference not in known for referral in sealed)

    def _handle_resubmission(self, sealed: Referral, status: Referral) -> None:
        """Deletes answers that were sent again after they were erased, or forwards them if not acknowledged."""
        if sealed.submission == status.submission and status.acknowledged_on:
            self.rows.delete_sealed(sealed)  # the same answers, which the provider has acknowledged
            return
        self.rows.mark(status.reference, status.etag, **transitions.reopen_with_new_answers(status, sealed))
        logger.warning("a referral was resubmitted after erasure and is forwarded again")
