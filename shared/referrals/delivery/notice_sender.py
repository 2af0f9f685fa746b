"""Mails about referrals that hold nothing of them: handed over at once, and each once and only once."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import NAMESPACE_URL, uuid5

from shared.mail.delivery import Claim, Outcome, Postponed, Sent, hand_over
from shared.mail.log_rows import MailLogEntry, MailState
from shared.mail.message import EmailMessage, MailSender
from shared.tables.table import Row

logger = logging.getLogger(__name__)

REMINDERS, OPERATORS = "reminders", "operators"
"""The log's partitions: to the provider, and to the operators."""

PARTITIONS = (REMINDERS, OPERATORS)

_GONE = frozenset({MailState.SENT, MailState.DELIVERED})


class Ledger(Protocol):
    """What is needed of the mail log; `shared.mail.ledger` describes each."""

    def entries(self, partition: str) -> dict[str, MailLogEntry]: ...
    def claim(self, partition: str, mail_id: str, wanted: Claim, now: datetime) -> Claim | None: ...
    def mark(self, partition: str, mail_id: str, claim: Claim, outcome: Outcome, now: datetime) -> None: ...


class Log(Protocol):
    """The table that the ledger keeps them in; `shared.tables.table` describes each."""

    def query(self, select: Sequence[str] = (), **like: str) -> list[Row]: ...
    def delete(self, partition: str, key: str, etag: str | None = None) -> None: ...


class Pause(Protocol):
    """The mail service's wish to be left alone; `shared.tables.service_table` describes each."""

    def is_on(self, now: datetime) -> bool: ...
    def begin(self, until: datetime) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeSender:
    """Claims, asks, sends and marks one mail at a time, in a log of their own."""

    log: Log
    ledger: Ledger
    pause: Pause
    sender: MailSender

    def deliver(self, partition: str, mail_id: str, message: EmailMessage, now: datetime) -> bool:
        """Hands the mail over, and says whether the mail service has it: since now, or since an earlier attempt.

        Raises:
            StorageError: it is not known how far it came; name the same mail again later.
        """
        if self.pause.is_on(now):
            return False
        wanted = Claim(uuid5(NAMESPACE_URL, f"referral-notice:{partition}/{mail_id}"))
        claim = self.ledger.claim(partition, mail_id, wanted, now)
        if claim is None:
            entry = self.ledger.entries(partition).get(mail_id)
            return entry is not None and entry.state in _GONE
        outcome = hand_over(message, claim, self.sender)
        if isinstance(outcome, Postponed) and outcome.pause_all:
            self.pause.begin(now + outcome.wait)
        self.ledger.mark(partition, mail_id, claim, outcome, now)
        is_sent = isinstance(outcome, Sent)
        logger.log(logging.INFO if is_sent else logging.WARNING, "%s: %s", partition, type(outcome).__name__.lower())
        return is_sent

    def prune(self, before: str) -> int:
        """Deletes what is known of those before that day (YYYY-MM-DD), and returns how many. Raises `StorageError`."""
        rows = [row for partition in PARTITIONS for row in self.log.query(PartitionKey=partition)]
        old = [row for row in rows if row.text("At")[:10] < before]
        for row in old:
            self.log.delete(row.partition, row.key, row.etag)
        return len(old)
