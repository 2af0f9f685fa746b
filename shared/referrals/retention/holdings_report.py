"""Report of what is still held of referrals, for people to read: table `ReferralService`, partition `held`."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.local_time import iso_day_in_words
from shared.referrals.days import is_day
from shared.referrals.repository import ReferralRepository
from shared.referrals.retention.retention_rules import INDEX_KEPT, STATUS_DELETED_AFTER
from shared.referrals.withdrawal.own_words import key_of
from shared.tables.table import Table, moment_text

_PARTITION = "held"


@dataclass(frozen=True, slots=True)
class HoldingsReport:
    """Counts each class of rows: their number, the oldest day, and when they are deleted; and the MAC keys in use.

    `mac_key` is the id of the key with which new rows are signed.
    """

    rows: ReferralRepository
    table: Table
    mac_key: str = ""

    def write(self, now: datetime) -> None:
        """Writes one row for each class in place of the last. Raises `StorageError`."""
        sealed = [referral.received_on for referral in self.rows.every_sealed()]
        statuses = [referral.received_on for referral in self.rows.every_status()]
        mails = [row.text("On") or row.text("At")[:10] for row in self.rows.every_mailed()]
        after_receipt = (
            "Each is deleted days after the provider confirmed it or set it aside, and never before it has arrived; "
            "one that no one collects on the day in its DeletionOn, which is announced 30 days before."
        )
        self._put("sealed", ("referral with its answers", "referrals with their answers"), sealed, after_receipt, now)
        after_erasure = f"Each is deleted {STATUS_DELETED_AFTER} days after its answers were."
        self._put("statuses", ("status", "statuses"), statuses, after_erasure, now)
        after_mail = f"Each is deleted {INDEX_KEPT} days after its email."
        self._put("mail-index", ("email", "emails"), mails, after_mail, now)
        # The words of a person are kept under such a key too, for longer than the answers.
        words = [(each.reference, key) for each in self.rows.every_status() if (key := key_of(each.own_words))]
        self._put_mac_keys(Counter(key for _, key in {*self.rows.every_mac_key(), *words}), now)

    def _put(self, kind: str, words: tuple[str, str], days: Sequence[str], until: str, now: datetime) -> None:
        oldest = min((day for day in days if is_day(day)), default="")
        sentences = [f"{len(days)} {words[len(days) != 1]}."]
        if oldest:
            sentences.append(f"The oldest is of {iso_day_in_words(oldest)}.")
        self._write(kind, now, Count=len(days), Oldest=oldest, InWords=" ".join([*sentences, until]))

    def _put_mac_keys(self, keys: Mapping[str, int], now: datetime) -> None:
        """Writes how many sealed rows name which MAC key: a previous one is needed until none names it."""
        others = {key: number for key, number in sorted(keys.items()) if key != self.mac_key}
        sentences = [f"{keys.get(self.mac_key, 0)} under the MAC key in use, {self.mac_key}."]
        sentences += [f"{number} under {key}." if key else f"{number} without a MAC." for key, number in others.items()]
        needed = "Keep a previous key in the settings until no referral is under it."
        self._write("sealed-mac-keys", now, Count=sum(others.values()), InWords=" ".join([*sentences, needed]))

    def _write(self, kind: str, now: datetime, **cells: str | int) -> None:
        key = {"PartitionKey": _PARTITION, "RowKey": kind}
        self.table.put(key | {"CheckedAt": moment_text(now)} | cells)
