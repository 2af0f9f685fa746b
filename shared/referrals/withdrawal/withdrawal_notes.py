"""Notes that a referral was withdrawn, beside the table in which people type, so that no row of before revives one."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from shared.local_time import local_day
from shared.referrals.delivery.notice_sender import WITHDRAWN
from shared.tables.table import Row, RowConflictError, Table

_GONE = "MayHaveGone"


@dataclass(frozen=True, slots=True)
class WithdrawalNotes:
    """The partition `withdrawn` of the table `ReferralService`; `NoticeSender.prune` deletes old ones.

    Every method raises `StorageError`.
    """

    table: Table

    def add(self, reference: str, now: datetime, *, may_have_gone: bool) -> bool:
        """Notes the day in London of `now`, and if an email about the referral may have gone; returns what is noted.

        A note that is there stays, but for that: once it may have gone, no row of before says otherwise.
        """
        cells = {"PartitionKey": WITHDRAWN, "RowKey": reference, "At": local_day(now), _GONE: _word(may_have_gone)}
        with suppress(RowConflictError):
            self.table.insert(cells)
            return may_have_gone
        found = self.table.get(WITHDRAWN, reference)
        if found is not None and may_have_gone and not _may_have_gone(found):
            with suppress(RowConflictError):  # another process has just noted the same
                self.table.merge({**cells, "At": found.text("At")}, found.etag)
        return may_have_gone or (found is not None and _may_have_gone(found))

    def has(self, reference: str) -> bool:
        """True if it is noted that the referral was withdrawn."""
        return self.table.get(WITHDRAWN, reference) is not None

    def references(self) -> frozenset[str]:
        """The references of all that are noted."""
        return frozenset(row.key for row in self.table.query(PartitionKey=WITHDRAWN))


def _word(meaning: bool) -> str:
    return "yes" if meaning else "no"


def _may_have_gone(row: Row) -> bool:
    """True as well for a note of before, which does not say: better told twice than not at all."""
    return row.boolean(_GONE, default=True)
