"""Emails about referrals that contain none of their answers: sent at once, and each only once."""

import logging
from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from shared.mail.delivery import Sent
from shared.mail.log_rows import MailState
from shared.mail.message import EmailMessage
from shared.mail.sending import IdempotentSender, OutgoingEmail
from shared.referrals.delivery.release.batch_log import BATCHES
from shared.tables.table import Row, Table

logger = logging.getLogger(__name__)

REMINDERS, OPERATORS, WITHDRAWALS = "reminders", "operators", "withdrawals"
"""Partitions of the email log: notices to the provider, to the operators, and of withdrawals to the provider."""

WITHDRAWN = "withdrawn"
"""Partition of notes that a referral was withdrawn: see `withdrawal.withdrawal_notes`."""

KEPT_NOTICES = (REMINDERS, OPERATORS, WITHDRAWALS, WITHDRAWN, BATCHES)
"""Partitions of the email log whose rows are kept for some time after the email."""

SENT_STATES = frozenset({MailState.SENT, MailState.DELIVERED})


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeSender:
    """Sends one notice at a time. `log` is the table that `sending` claims and marks in."""

    log: Table
    sending: IdempotentSender

    def deliver(self, partition: str, mail_id: str, message: EmailMessage, now: datetime, *, members: str = "") -> bool:
        """Sends the notice; True if the email service has it, from this attempt or an earlier one.

        `members` are what the notice is about, as its row keeps it from before the first attempt.

        Raises:
            StorageError: it is not known how far it came; deliver the same notice again later.
        """
        if self.sending.is_paused(now):
            return False
        operation_id = uuid5(NAMESPACE_URL, f"referral-notice:{partition}/{mail_id}")
        email = OutgoingEmail(
            partition=partition, mail_id=mail_id, operation_id=operation_id, message=message, members=members
        )
        outcome = self.sending.send(email, now)
        if outcome is None:
            return self._is_sent(partition, mail_id)
        is_sent = isinstance(outcome, Sent)
        logger.log(logging.INFO if is_sent else logging.WARNING, "%s: %s", partition, type(outcome).__name__.lower())
        return is_sent

    def rows(self, partition: str) -> list[Row]:
        """Every row of the log of one kind of notice. Raises `StorageError`."""
        return self.log.query(PartitionKey=partition)

    def prune(self, before: str) -> int:
        """Deletes the log rows of notices and batches before that day (YYYY-MM-DD) and returns their number.

        Raises:
            StorageError: some may be left; prune again later.
        """
        rows = [row for partition in KEPT_NOTICES for row in self.log.query(PartitionKey=partition)]
        old = [row for row in rows if row.text("At")[:10] < before]
        for row in old:
            self.log.delete(row.partition, row.key, row.etag)
        return len(old)

    def _is_sent(self, partition: str, mail_id: str) -> bool:
        entry = self.sending.ledger.entries(partition).get(mail_id)
        return entry is not None and entry.state in SENT_STATES
