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
from shared.wording.sentences import sentence
from shared.wording.translation import Sentence

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
        self._put("sealed", sealed, sentence("holdings.after-receipt"), now)
        after_erasure = sentence("holdings.after-erasure", days=STATUS_DELETED_AFTER)
        self._put("statuses", statuses, after_erasure, now)
        after_mail = sentence("holdings.after-email", days=INDEX_KEPT)
        self._put("mail-index", mails, after_mail, now)
        # The words of a person are kept under such a key too, for longer than the answers.
        words = [(each.reference, key) for each in self.rows.every_status() if (key := key_of(each.own_words))]
        self._put_mac_keys(Counter(key for _, key in {*self.rows.every_mac_key(), *words}), now)

    def _put(self, kind: str, days: Sequence[str], until: str, now: datetime) -> None:
        oldest = min((day for day in days if is_day(day)), default="")
        many = sentence(f"holdings.many.{kind}", number=len(days))
        sentences = [sentence(f"holdings.one.{kind}") if len(days) == 1 else many]
        if oldest:
            sentences.append(sentence("holdings.oldest", day=iso_day_in_words(oldest)))
        self._write(kind, now, Count=len(days), Oldest=oldest, InWords=" ".join([*sentences, until]))

    def _put_mac_keys(self, keys: Mapping[str, int], now: datetime) -> None:
        """Writes how many sealed rows name which MAC key: a previous one is needed until none names it."""
        others = {key: number for key, number in sorted(keys.items()) if key != self.mac_key}
        sentences = [sentence("holdings.mac-key-in-use", number=keys.get(self.mac_key, 0), key=self.mac_key)]
        sentences += [_under_other_key(key, number) for key, number in others.items()]
        sentences.append(sentence("holdings.keep-mac-keys"))
        self._write("sealed-mac-keys", now, Count=sum(others.values()), InWords=" ".join(sentences))

    def _write(self, kind: str, now: datetime, **cells: str | int) -> None:
        key = {"PartitionKey": _PARTITION, "RowKey": kind}
        self.table.put(key | {"CheckedAt": moment_text(now)} | cells)


def _under_other_key(key: str, number: int) -> Sentence:
    if not key:
        return sentence("holdings.without-mac", number=number)
    return sentence("holdings.mac-key", number=number, key=key)
