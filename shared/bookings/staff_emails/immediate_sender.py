"""Emails to the few people who run the sessions: sent at once instead of through a queue, and still only once."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from shared.mail.delivery import Outcome
from shared.mail.message import EmailMessage
from shared.mail.sending import IdempotentSender, OutgoingEmail, do_nothing

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImmediateSender(IdempotentSender):
    """Sends one email at a time, known by its keys in the email log and logged by the recipient's role."""

    def deliver(
        self,
        partition: str,
        mail_id: str,
        message: EmailMessage,
        now: datetime,
        before_sending: Callable[[], None] = do_nothing,
    ) -> Outcome | None:
        """Sends the email; None during a pause, if it was sent or given up before, or if it is being sent.

        `mail_id` begins with the recipient's role and a hyphen. `before_sending` is that of `IdempotentSender.send`.

        Raises:
            StorageError: it is not known how far it came; deliver the same email again later.
        """
        if self.is_paused(now):
            return None
        operation_id = uuid5(NAMESPACE_URL, f"mail:{partition}/{mail_id}")
        email = OutgoingEmail(partition=partition, mail_id=mail_id, operation_id=operation_id, message=message)
        outcome = self.send(email, now, before_sending)
        if outcome is not None:
            logger.info("email to %s: %s", mail_id.partition("-")[0], type(outcome).__name__.lower())
        return outcome
