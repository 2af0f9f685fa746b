"""What is still held of referrals, for people to read: table `ReferralService`, partition `held`, beside the rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from shared.local_time import date_in_words
from shared.referrals.follow_up.deadlines import STATUS_DELETED_AFTER
from shared.referrals.model import Referral, days_since
from shared.tables.table import Row, Table, moment_text

_PARTITION = "held"


class Rows(Protocol):
    """What is needed of the tables; `shared.referrals.repository` describes each."""

    def every_status(self) -> list[Referral]: ...
    def every_sealed(self) -> list[Referral]: ...
    def every_mailed(self) -> list[Row]: ...


@dataclass(frozen=True, slots=True)
class HoldingsReport:
    """Counts each class: how many, the oldest day, and when it goes."""

    rows: Rows
    table: Table

    def write(self, index_kept: int, now: datetime) -> None:
        """Writes one row for each class in place of the last. `index_kept` in days. Raises `StorageError`."""
        sealed = [referral.received_on for referral in self.rows.every_sealed()]
        statuses = [referral.received_on for referral in self.rows.every_status()]
        mails = [row.text("On") or row.text("At")[:10] for row in self.rows.every_mailed()]
        after_receipt = "Each is deleted when the provider says that it has the referral."
        self._put("sealed", ("referral with its answers", "referrals with their answers"), sealed, after_receipt, now)
        after_erasure = f"Each is deleted {STATUS_DELETED_AFTER} days after its answers were."
        self._put("statuses", ("status", "statuses"), statuses, after_erasure, now)
        after_mail = f"Each is deleted {index_kept} days after its mail."
        self._put("mail-index", ("mail", "mails"), mails, after_mail, now)

    def _put(self, kind: str, words: tuple[str, str], days: Sequence[str], until: str, now: datetime) -> None:
        oldest = min((day for day in days if days_since(day, date.min) is not None), default="")
        sentences = [f"{len(days)} {words[len(days) != 1]}."]
        if oldest:
            sentences.append(f"The oldest is of {date_in_words(date.fromisoformat(oldest))}.")
        self.table.put(
            {
                "PartitionKey": _PARTITION,
                "RowKey": kind,
                "Count": len(days),
                "Oldest": oldest,
                "CheckedAt": moment_text(now),
                "InWords": " ".join([*sentences, until]),
            }
        )
