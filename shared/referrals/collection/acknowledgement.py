"""The provider says that it has a referral: written down here; the answers are deleted by whoever may delete them."""

import logging
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from shared.referrals.errors import ReferralsBusyError
from shared.referrals.model import FINISHED, Referral
from shared.referrals.transitions import acknowledged
from shared.tables.table import RowConflictError, StorageUnavailableError

logger = logging.getLogger(__name__)

_TRIES = 5


class Acknowledgement(StrEnum):
    """What an acknowledgement came to."""

    ACKNOWLEDGED = "acknowledged"
    ALREADY = "already"
    UNKNOWN = "unknown"


class Statuses(Protocol):
    """What is needed of the tables; `shared.referrals.repository` describes each."""

    def status(self, reference: str) -> Referral | None: ...
    def change(self, reference: str, etag: str, **cells: str | int) -> str: ...


@dataclass(frozen=True, slots=True)
class AcknowledgementRecorder:
    """Takes the provider's word for it. It never touches the sealed answers."""

    statuses: Statuses

    def acknowledge(self, reference: str, now: datetime) -> Acknowledgement:
        """Notes at `now` (UTC) that the provider has the referral, whatever its mail service has reported so far.

        Any number of times, in any number of processes, it comes to the same.

        Raises:
            StorageError: storage refuses, or gives no clear answer; the same may be asked again.
            ReferralsBusyError: somebody kept changing the row; the same may be asked again.
        """
        tried = False
        for _ in range(_TRIES):
            referral = self.statuses.status(reference)
            if referral is None or referral.has_unsent_new_answers:
                return Acknowledgement.UNKNOWN
            if referral.state in FINISHED:
                # After a try of ours whose answer was lost nobody can say whose it was, and both are true.
                return Acknowledgement.ACKNOWLEDGED if tried else Acknowledgement.ALREADY
            tried = True
            if self._is_noted(referral, now):
                logger.info("referral %s acknowledged", reference)
                return Acknowledgement.ACKNOWLEDGED
        raise ReferralsBusyError

    def _is_noted(self, referral: Referral, now: datetime) -> bool:
        try:
            self.statuses.change(referral.reference, referral.etag, **acknowledged(now))
        except (RowConflictError, StorageUnavailableError):
            return False
        return True
