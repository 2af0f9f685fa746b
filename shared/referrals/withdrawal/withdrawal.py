"""Withdraws a referral: nothing of it is sent any more, our copy is deleted, and the provider is told by reference.

withdraw   1. note it beside the table in which people type, and if an email about it went out or may have: from here it
              is decided, whatever happens next, and whoever saves the row as it was before
           2. write `withdrawn` into the status
complete   3. withdraw what else this form left, and delete every copy of its answers
           4. email the provider, if an email about it went out or may have
           5. write the days of 3 and 4 into the status

Whoever meets the row between two steps - the queue, or a run of the timer - completes it.
"""

import logging
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime

from shared.local_time import local_day
from shared.referrals import transitions
from shared.referrals.days import is_past
from shared.referrals.delivery.notice_sender import WITHDRAWALS, NoticeSender
from shared.referrals.delivery.provider_emails import ProviderEmails
from shared.referrals.errors import ReferralsBusyError
from shared.referrals.model import NOTHING_TO_TELL, Referral, ReferralState
from shared.referrals.repository import ReferralRepository
from shared.referrals.withdrawal.withdrawal_notes import WithdrawalNotes
from shared.tables.table import StorageUnavailableError

logger = logging.getLogger(__name__)

_TRIES = 5
_NOT_SENT = f"{transitions.NOT_TOLD}not-sent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawals:
    """Withdraws referrals, and completes what was begun. Repeating anything changes nothing. `now` is in UTC."""

    rows: ReferralRepository
    notes: WithdrawalNotes
    notices: NoticeSender
    writer: ProviderEmails

    def withdraw(self, reference: str, now: datetime) -> Referral | None:
        """Decides that the referral is withdrawn, and returns it so; None if it is not known any more.

        Call `complete` next.

        Raises:
            ReferralsBusyError: the row kept changing; ask again.
            StorageError: it is not known whether it is withdrawn; ask again.
        """
        for _ in range(_TRIES):
            referral = self.rows.status(reference)
            if referral is None or referral.state is ReferralState.WITHDRAWN:
                return referral
            with suppress(StorageUnavailableError):
                gone = self.notes.add(reference, now, may_have_gone=self._may_have_gone(referral))
                if self.rows.mark(reference, referral.etag, **transitions.withdrawn(now, may_have_gone=gone)):
                    logger.info("a referral was withdrawn")
        raise ReferralsBusyError

    def complete(self, referral: Referral, now: datetime) -> None:
        """Does what is left to do for one that is withdrawn.

        Raises:
            StorageError: the next run of the timer goes on.
        """
        self.notes.add(referral.reference, now, may_have_gone=was_told(referral))
        stored = self.rows.every_sealed()
        # Whatever someone has typed over the fingerprint in the status, its answers have the form's.
        own = {form_of(each) for each in stored if each.reference == referral.reference}
        forms = own | {form_of(referral)}
        statuses = [each for each in self.rows.every_status() if form_of(each) in forms or _is_same(each, referral)]
        others = [self.withdraw(each.reference, now) for each in statuses if each.state is not ReferralState.WITHDRAWN]
        for sealed in stored:
            if form_of(sealed) in forms:
                self.rows.delete_sealed(sealed)
        for each in (*statuses, *others):
            if each is not None and is_left(each):
                self._finish(each, now)

    def complete_if_withdrawn(self, referral: Referral, now: datetime) -> bool:
        """Completes the withdrawal of one that its row or its note calls withdrawn; False for any other.

        Raises:
            StorageError: it is not known; ask again.
        """
        if referral.state is not ReferralState.WITHDRAWN and not self.notes.has(referral.reference):
            return False
        withdrawn = self._restored(referral, now)
        if withdrawn is not None:
            self.complete(withdrawn, now)
        return True

    def restore_marks(self, referrals: Iterable[Referral], now: datetime) -> list[Referral]:
        """Withdraws those that are noted as withdrawn and whose row says otherwise: someone saved it as it was before.

        Returns all of them as they are then.

        Raises:
            StorageError: the next run goes on.
        """
        noted = self.notes.references()
        found = (self._restored(each, now) if each.reference in noted else each for each in referrals)
        return [each for each in found if each is not None]

    def _may_have_gone(self, referral: Referral) -> bool:
        """True if an email about it may have gone, by its row or by the index: the row may be one of before."""
        return referral.may_have_gone or self.rows.was_emailed(referral.reference)

    def _restored(self, referral: Referral, now: datetime) -> Referral | None:
        if referral.state is ReferralState.WITHDRAWN:
            return referral
        logger.warning("a referral that had been withdrawn was revived by hand: withdrawn again")
        return self.withdraw(referral.reference, now)

    def _finish(self, referral: Referral, now: datetime) -> None:
        self.notes.add(referral.reference, now, may_have_gone=was_told(referral))
        told = referral.told_on or (local_day(now) if self._tell(referral, now) else "")
        cells: transitions.Cells = {"State": str(ReferralState.WITHDRAWN), "WithdrawnToldOn": told}
        cells["ErasedOn"] = referral.erased_on or local_day(now)
        is_late = not told and is_past(referral.withdrawn_on, 1, date.fromisoformat(local_day(now)))
        if is_late and not referral.last_error:
            cells["LastError"] = _NOT_SENT
        if self._differs(referral, cells) and self.rows.mark(referral.reference, referral.etag, **cells):
            _log(referral, cells)

    def _differs(self, referral: Referral, cells: transitions.Cells) -> bool:
        is_same = (referral.told_on, referral.erased_on) == (cells["WithdrawnToldOn"], cells["ErasedOn"])
        return referral.typed_over or not is_same or "LastError" in cells

    def _tell(self, referral: Referral, now: datetime) -> bool:
        mail_id = f"{referral.reference}-0-withdrawn"  # once, whatever someone types into the row
        return self.notices.deliver(WITHDRAWALS, mail_id, self.writer.withdrawn(referral), now)


def is_left(referral: Referral) -> bool:
    """True if the referral is withdrawn, and its row does not say yet that all is done."""
    is_done = bool(referral.told_on and referral.erased_on) and not referral.typed_over
    return referral.state is ReferralState.WITHDRAWN and not is_done


def was_told(referral: Referral) -> bool:
    """True if the provider was told, or is to be, that the referral is withdrawn."""
    return referral.told_on != NOTHING_TO_TELL


def _is_same(one: Referral, other: Referral) -> bool:
    return one.reference == other.reference


def form_of(referral: Referral) -> str:
    """The part of its fingerprint that is the same for every sending of one form, whatever was answered."""
    return referral.submission.partition("-")[0] or referral.reference


def _log(referral: Referral, cells: transitions.Cells) -> None:
    if "LastError" in cells:
        logger.error("referral %s needs attention: %s", referral.reference, cells["LastError"])
    else:
        logger.info("a withdrawn referral is deleted")
