"""Mails to the few who run the sessions: handed over at once, not through a queue, and still once and only once."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import NAMESPACE_URL, UUID, uuid5

from shared.mail.delivery import Claim, Outcome, Postponed, hand_over
from shared.mail.log_rows import MailLogEntry
from shared.mail.message import EmailMessage, MailSender, MailStatus

logger = logging.getLogger(__name__)


class Ledger(Protocol):
    """What is needed of the mail log; `shared.mail.ledger` describes each."""

    def entries(self, partition: str) -> dict[str, MailLogEntry]: ...
    def claim(self, partition: str, mail_id: str, wanted: Claim, now: datetime) -> Claim | None: ...
    def mark(self, partition: str, mail_id: str, claim: Claim, outcome: Outcome, now: datetime) -> None: ...


class Pause(Protocol):
    """The mail service's wish to be left alone; `shared.tables.service_table` describes each."""

    def is_on(self, now: datetime) -> bool: ...
    def begin(self, until: datetime) -> None: ...


def _nothing() -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class ImmediateSender:
    """Claims, asks, sends and marks one mail at a time."""

    ledger: Ledger
    pause: Pause
    sender: MailSender

    def deliver(
        self,
        partition: str,
        mail_id: str,
        message: EmailMessage,
        now: datetime,
        before_sending: Callable[[], None] = _nothing,
    ) -> Outcome | None:
        """Hands over the mail, unless it was already or somebody is at it: then None.

        `before_sending` runs once it is certain that no earlier attempt went out, and before this one does. What it
        raises leaves the mail to a later attempt.

        Raises:
            StorageError: it is not known how far it came; name the same mail again later.
        """
        if self.pause.is_on(now):
            return None
        wanted = Claim(uuid5(NAMESPACE_URL, f"mail:{partition}/{mail_id}"))
        claim = self.ledger.claim(partition, mail_id, wanted, now)
        if claim is None:
            return None
        outcome = hand_over(message, claim, _HookedSender(before_sending, self.sender))
        if isinstance(outcome, Postponed) and outcome.pause_all:
            self.pause.begin(now + outcome.wait)
        self.ledger.mark(partition, mail_id, claim, outcome, now)
        logger.info("email to %s: %s", mail_id.partition("-")[0], type(outcome).__name__.lower())
        return outcome


@dataclass(frozen=True, slots=True)
class _HookedSender:
    """A sender that does something else first whenever it sends, and not when it only asks."""

    first: Callable[[], None]
    sender: MailSender

    def send(self, message: EmailMessage, *, operation_id: UUID) -> None:
        self.first()
        self.sender.send(message, operation_id=operation_id)

    def status(self, operation_id: UUID) -> MailStatus | None:
        return self.sender.status(operation_id)
