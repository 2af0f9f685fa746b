"""Sending one email once: claim it in the email log, hand it over, begin a pause if asked for one, mark it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.local_time import Clock
from shared.mail.delivery import Claim, Outcome, hand_over
from shared.mail.ledger import MailLedger
from shared.mail.message import EmailMessage, MailNotAcceptedError, MailSender
from shared.mail.pause import MailPause
from shared.mail.share import OVER_QUOTA, MailShare


def do_nothing() -> None:
    """The default of `before_sending`: the email is sent as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingEmail:
    """One email with its keys in the email log (`partition`, `mail_id`) and its id at the email service.

    `version` is the version of its subject that it describes; 0 if the subject has no versions. `members` names what an
    email about several subjects is about. `is_late`: it should have gone before, so the email service is asked first;
    the email log may have been lost. `version_if_gone` is the version that it described if it did; None for `version`.
    """

    partition: str
    mail_id: str
    operation_id: UUID
    message: EmailMessage
    version: int = 0
    members: str = ""
    is_late: bool = False
    version_if_gone: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotentSender:
    """Sends each email of one email log at most once, however often and in however many processes it is asked to.

    `clock` shows the time in UTC; `share` is the part of the quota that these emails count against, None for no quota.
    """

    ledger: MailLedger
    pause: MailPause
    sender: MailSender
    clock: Clock
    share: MailShare | None = None

    def is_paused(self, now: datetime) -> bool:
        """True if the email service has asked for a pause that lasts beyond `now` (UTC), or the quota is used up.

        Check it before `send`.
        """
        return self.pause.is_on(now) or (self.share is not None and self.share.is_used_up(now))

    def send(
        self, email: OutgoingEmail, now: datetime, before_sending: Callable[[], EmailMessage | None] = do_nothing
    ) -> Outcome | None:
        """Sends the email; None if it was sent or given up before, or another process is sending it.

        `before_sending` runs once it is certain that no earlier attempt went out, and before this one does. What it
        returns is sent instead of the message. An error that it raises leaves the email to a later attempt.

        Raises:
            StorageError: it is not known how far it came; send the same email again later.
        """
        claimed = self.ledger.claim(email.partition, email.mail_id, _wanted(email), now)
        if claimed is None:
            return None
        claim: Claim = claimed

        def compose() -> EmailMessage:
            nonlocal claim
            message = before_sending() or email.message
            self.count(now)
            claim = self.ledger.note_version(email.partition, email.mail_id, claim)
            return message

        outcome = hand_over(compose, claim, self.sender, self.clock)
        self.pause.follow(outcome, now)
        self.ledger.mark(email.partition, email.mail_id, claim, outcome, now)
        return outcome

    def count(self, now: datetime) -> None:
        """Counts one email against the quota, before it is sent.

        Raises:
            MailNotAcceptedError: the quota is used up.
        """
        if self.share is not None and not self.share.take(now):
            raise MailNotAcceptedError(OVER_QUOTA)


def _wanted(email: OutgoingEmail) -> Claim:
    """The claim on an email; one that is late is claimed as if an earlier claim had ended without a mark."""
    return Claim(
        email.operation_id,
        version=email.version,
        members=email.members,
        taken_over=email.is_late,
        version_if_gone=email.version_if_gone,
    )
