"""Withdraws a referral: nothing of it is sent any more, our copy is deleted, and the provider is told by reference.

withdraw   1. write `withdrawn` into the status: from here it is decided, whatever happens next
complete   2. note it beside the table in which people type
           3. withdraw what else this form left, and delete every copy of its answers
           4. email the provider, if an email about it went out or may have
           5. write the days of 3 and 4 into the status

Whoever meets the row between two steps - the queue, or a run of the timer - completes it.
"""

import logging
from collections.abc import Iterable, Iterator
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
            try:
                if self.rows.mark(reference, referral.etag, **transitions.withdrawn(referral, now)):
                    logger.info("a referral was withdrawn")
            except StorageUnavailableError:
                continue
        raise ReferralsBusyError

    def complete(self, referral: Referral, now: datetime) -> None:
        """Does what is left to do for one that is withdrawn.

        Raises:
            StorageError: the next run of the timer goes on.
        """
        self.notes.add(referral.reference, now)
        form = form_of(referral)
        statuses = list(_ofform_of(self.rows.every_status(), form))
        others = [self.withdraw(each.reference, now) for each in statuses if each.state is not ReferralState.WITHDRAWN]
        self._delete_answers(form)
        for each in (*statuses, *others):
            if each is not None and is_left(each):
                self._finish(each, now)

    def restore_marks(self, referrals: Iterable[Referral], now: datetime) -> None:
        """Withdraws those that are noted as withdrawn and whose row says otherwise: someone saved it as it was before.

        Raises:
            StorageError: the next run goes on.
        """
        noted = self.notes.references()
        for referral in referrals:
            if referral.reference in noted and referral.state is not ReferralState.WITHDRAWN:
                logger.warning("a referral that had been withdrawn was revived by hand: withdrawn again")
                self.withdraw(referral.reference, now)

    def _delete_answers(self, form: str) -> None:
        for sealed in _ofform_of(self.rows.every_sealed(), form):
            self.rows.delete_sealed(sealed)

    def _finish(self, referral: Referral, now: datetime) -> None:
        self.notes.add(referral.reference, now)
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


def _ofform_of(referrals: Iterable[Referral], form: str) -> Iterator[Referral]:
    return (each for each in referrals if form_of(each) == form)


def form_of(referral: Referral) -> str:
    """The part of its fingerprint that is the same for every sending of one form, whatever was answered."""
    return referral.submission.partition("-")[0] or referral.reference


def _log(referral: Referral, cells: transitions.Cells) -> None:
    if "LastError" in cells:
        logger.error("referral %s needs attention: %s", referral.reference, cells["LastError"])
    else:
        logger.info("a withdrawn referral is deleted")
