"""Erasing is deleting: the sealed answers first, the word `erased` second, and the status itself long after that.

Whatever dies between two steps, the next run finds the same row and goes on.
"""

import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.referrals import transitions
from shared.referrals.model import Referral, ReferralState
from shared.tables.table import RowConflictError

logger = logging.getLogger(__name__)


class Rows(Protocol):
    """What is needed of the tables; `shared.referrals.repository` describes each."""

    def status(self, reference: str) -> Referral | None: ...
    def change(self, reference: str, etag: str, **cells: str | int) -> str: ...
    def mark(self, reference: str, etag: str, **cells: str | int) -> bool: ...
    def sealed(self, reference: str) -> tuple[Referral, object] | None: ...
    def delete_sealed(self, sealed: Referral) -> None: ...
    def delete_status(self, referral: Referral) -> None: ...


class Tries(Protocol):
    """How often the passphrase was tried; `shared.referrals.collection.lockout` describes it."""

    def reset(self, reference: str) -> None: ...


@dataclass(frozen=True, slots=True)
class ReferralEraser:
    """Deletes answers, and later what is left. Every method raises `StorageError`; the next run goes on."""

    rows: Rows
    tries: Tries

    def erase_acknowledged(self, reference: str, now: datetime) -> None:
        """Deletes the answers if the provider has said that it has them. What changes meanwhile the schedule sees."""
        referral = self.rows.status(reference)
        if referral is not None and referral.state is ReferralState.ACKNOWLEDGED and referral.acknowledged_on:
            with suppress(RowConflictError):
                self.erase(referral, now)

    def erase(self, referral: Referral, now: datetime) -> None:
        """Deletes the answers of a referral whose row is as it was read.

        Raises:
            RowConflictError: somebody has changed it since; nothing was deleted.
        """
        # Written though nothing changes: it fails where somebody objected, or wants it again, since the row was read.
        etag = self.rows.change(referral.reference, referral.etag, NotBefore="")
        found = self.rows.sealed(referral.reference)
        # The same form can have been sent again with other answers, which nobody has had.
        if found is not None and found[0].submission == referral.submission:
            self.rows.delete_sealed(found[0])
        self.tries.reset(referral.reference)
        self.rows.mark(referral.reference, etag, **transitions.erased(now))
        logger.info("referral %s erased", referral.reference)

    def delete_status(self, referral: Referral, now: datetime) -> None:
        """Deletes the status of an erased referral, unless answers are there again: then a person looks."""
        if self.rows.sealed(referral.reference) is not None:
            self.rows.mark(referral.reference, referral.etag, **transitions.attention("not-erased", now))
            return
        self.rows.delete_status(referral)
        logger.info("referral %s: status row deleted", referral.reference)
