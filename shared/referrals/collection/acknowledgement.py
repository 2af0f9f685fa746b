"""Records the provider's acknowledgement of a referral; the answers are deleted by the app that may delete them."""

import logging
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from shared.referrals.errors import ReferralsBusyError
from shared.referrals.model import FINISHED, Referral
from shared.referrals.repository import ReferralRepository
from shared.referrals.transitions import acknowledged
from shared.tables.table import RowConflictError, StorageUnavailableError

logger = logging.getLogger(__name__)

_TRIES = 5


class Acknowledgement(StrEnum):
    """Outcome of an acknowledgement."""

    ACKNOWLEDGED = "acknowledged"
    ALREADY = "already"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class AcknowledgementRecorder:
    """Records acknowledgements. It never touches the sealed answers."""

    statuses: ReferralRepository

    def acknowledge(self, reference: str, now: datetime) -> Acknowledgement:
        """Notes at `now` (UTC) that the provider has the referral, whatever has been reported of its email so far.

        Repeating it, in any number of processes, changes nothing.

        Raises:
            StorageError: storage refuses, or gives no clear answer; try again.
            ReferralsBusyError: the row kept changing; try again.
        """
        tried = False
        for _ in range(_TRIES):
            referral = self.statuses.status(reference)
            if referral is None or referral.has_unsent_new_answers:
                return Acknowledgement.UNKNOWN
            if referral.state in FINISHED:
                # After a write whose answer was lost it is unknown which call wrote it, and both answers are true.
                return Acknowledgement.ACKNOWLEDGED if tried else Acknowledgement.ALREADY
            tried = True
            if self._note(referral, now):
                logger.info("a referral was acknowledged")
                return Acknowledgement.ACKNOWLEDGED
        raise ReferralsBusyError

    def _note(self, referral: Referral, now: datetime) -> bool:
        try:
            self.statuses.change(referral.reference, referral.etag, **acknowledged(now))
        except (RowConflictError, StorageUnavailableError):
            return False
        return True
