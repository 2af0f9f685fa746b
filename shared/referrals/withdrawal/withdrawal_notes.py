"""Notes that a referral was withdrawn, beside the table in which people type, so that no row of before revives one."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from shared.local_time import local_day
from shared.referrals.delivery.notice_sender import WITHDRAWN
from shared.tables.table import RowConflictError, Table


@dataclass(frozen=True, slots=True)
class WithdrawalNotes:
    """The partition `withdrawn` of the table `ReferralService`; `NoticeSender.prune` deletes old ones.

    Every method raises `StorageError`.
    """

    table: Table

    def add(self, reference: str, now: datetime) -> None:
        """Notes the day in London of `now`; a note that is there stays."""
        with suppress(RowConflictError):
            self.table.insert({"PartitionKey": WITHDRAWN, "RowKey": reference, "At": local_day(now)})

    def references(self) -> frozenset[str]:
        """The references of all that are noted."""
        return frozenset(row.key for row in self.table.query(PartitionKey=WITHDRAWN))
