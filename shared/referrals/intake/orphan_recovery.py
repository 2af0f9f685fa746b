"""Recovery of sealed answers that have no status, that came again after they were erased, or that may be a copy."""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from shared.referrals import transitions
from shared.referrals.model import Referral, ReferralState
from shared.referrals.repository import ReferralRepository
from shared.referrals.sealed_answers import Sealed
from shared.referrals.withdrawal.withdrawal import form_of

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OrphanRecovery:
    """Compares the table of sealed answers with the table of statuses. `is_signed` is `RowMac.is_signed`."""

    rows: ReferralRepository
    is_signed: Callable[[Referral, Sealed], bool]

    def run(self) -> int:
        """Gives a status to every sealed referral that has none, and returns the number of those it found.

        A process can die between the two writes; the person saw an error and may never have tried again. If they did,
        their answers are stored a second time as a copy (see `service`): one that repeats the first is deleted.

        Raises:
            StorageError: the next run goes on.
        """
        # The sealed rows first: one that is written between the two looks is then not taken for an orphan.
        sealed = self.rows.every_sealed()
        known = {referral.reference: referral for referral in self.rows.every_status()}
        sealed = self._without_withdrawn(sealed, known)
        kept = {each.submission: each for each in sealed if _may_be_original(each, known)}
        for referral in sealed:
            status = known.get(referral.reference)
            if status is None and referral.copy_of:
                self._handle_copy(referral, kept)
            elif status is None:
                self._adopt(referral)
            elif status.state is ReferralState.ERASED and status.erased_on:  # not the word alone, typed by someone
                self._handle_resubmission(referral, status)
        return sum(referral.reference not in known for referral in sealed)

    def _without_withdrawn(self, sealed: Iterable[Referral], known: Mapping[str, Referral]) -> list[Referral]:
        """Deletes answers of a form that the person has withdrawn, and returns the others: it was sent again since."""
        withdrawn = {form_of(each) for each in known.values() if each.state is ReferralState.WITHDRAWN}
        others = []
        for each in sealed:
            if form_of(each) in withdrawn:
                self.rows.delete_sealed(each)
            else:
                others.append(each)
        return others

    def _adopt(self, sealed: Referral) -> None:
        self.rows.insert_status(sealed)
        logger.warning("a referral had no status row: created one")

    def _handle_copy(self, copy: Referral, kept: dict[str, Referral]) -> None:
        """Deletes a copy that repeats answers which are kept; one of other answers becomes a referral of its own."""
        original = kept.get(copy.submission)
        if original is not None and self._is_genuine(original.reference):
            self.rows.delete_sealed(copy)
            return
        self._adopt(copy)
        kept[copy.submission] = copy

    def _is_genuine(self, reference: str) -> bool:
        """True if the answers under the reference are there and are this service's, so that a copy is not needed."""
        found = self.rows.sealed(reference)
        return found is not None and self.is_signed(*found)

    def _handle_resubmission(self, sealed: Referral, status: Referral) -> None:
        """Deletes answers that were sent again after they were erased, or forwards them if not acknowledged.

        Those of a referral that was set aside are forwarded: someone who sends them again may be genuine after all.
        """
        if sealed.submission == status.submission and status.acknowledged_on and not status.is_marked_not_genuine:
            self.rows.delete_sealed(sealed)  # the same answers, which the provider has acknowledged
            return
        if self.rows.sealed(sealed.reference) is None:
            return  # they were being erased while the rows were read
        self.rows.mark(status.reference, status.etag, **transitions.reopen_with_new_answers(status, sealed))
        logger.warning("a referral was resubmitted after erasure and is forwarded again")


def _may_be_original(sealed: Referral, known: Mapping[str, Referral]) -> bool:
    """True if a copy may repeat these answers: not if they were set aside and are about to be deleted."""
    status = known.get(sealed.reference)
    return not sealed.copy_of if status is None else not status.is_set_aside
