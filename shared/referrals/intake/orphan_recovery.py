"""Sealed answers that no status knows of, or that came again after they were erased."""

import logging
from dataclasses import dataclass
from typing import Protocol

from shared.referrals import transitions
from shared.referrals.model import Referral, ReferralState

logger = logging.getLogger(__name__)


class Rows(Protocol):
    """What is needed of the tables; `shared.referrals.repository` describes each."""

    def every_status(self) -> list[Referral]: ...
    def every_sealed(self) -> list[Referral]: ...
    def insert_status(self, referral: Referral) -> None: ...
    def mark(self, reference: str, etag: str, **cells: str | int) -> bool: ...
    def delete_sealed(self, sealed: Referral) -> None: ...


@dataclass(frozen=True, slots=True)
class OrphanRecovery:
    """Compares the two tables."""

    rows: Rows

    def run(self) -> int:
        """Gives a status to every sealed referral that has none, and returns how many there were.

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
                logger.warning("referral %s had no status row: created one", referral.reference)
            elif status.state is ReferralState.ERASED and status.erased_on:  # not the word alone, typed by somebody
                self._handle_resubmission(referral, status)
        return sum(referral.reference not in known for referral in sealed)

    def _handle_resubmission(self, sealed: Referral, status: Referral) -> None:
        """The same form was sent once more after its answers were erased: others, or some that nobody acknowledged."""
        if sealed.submission == status.submission and status.acknowledged_on:
            self.rows.delete_sealed(sealed)  # the provider has had them
            return
        self.rows.mark(status.reference, status.etag, **transitions.reopen_with_new_answers(status, sealed))
        logger.warning("referral %s was resubmitted after erasure and is forwarded again", status.reference)
