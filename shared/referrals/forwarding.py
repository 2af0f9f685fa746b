"""Forwarding a referral: opened in memory, written into one mail to one recipient, and kept until it has arrived."""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import NAMESPACE_URL, UUID, uuid5

from shared.mail.delivery import Claim, Outcome, Postponed, Refused, Sent, hand_over, wait_after
from shared.mail.letters import Letters
from shared.mail.message import EmailMessage, MailSender
from shared.referrals.errors import KeyUnavailableError, UnsealError
from shared.referrals.layout import laid_out
from shared.referrals.model import SETTLED, Referral, ReferralState
from shared.referrals.service import Envelope
from shared.rows import moment_text

logger = logging.getLogger(__name__)


class ReferralQueue[E: Envelope](Protocol):
    """What forwarding needs of the tables; `shared.referrals.repository` describes each."""

    def status(self, reference: str) -> Referral | None: ...
    def sealed(self, reference: str) -> tuple[Referral, E] | None: ...
    def claim(self, referral: Referral, operation_id: UUID, now: datetime) -> Claim | None: ...
    def insert_status(self, referral: Referral) -> None: ...
    def mark(self, reference: str, etag: str, **cells: str | int) -> bool: ...


class Pause(Protocol):
    """The mail service's wish to be left alone; `shared.service_rows` describes each."""

    def is_on(self, now: datetime) -> bool: ...
    def begin(self, until: datetime) -> None: ...


@dataclass(frozen=True, slots=True)
class ReferralForwarder[E: Envelope]:
    """Sends referrals to the provider. `unseal` opens sealed answers; `recipient` is the one address they go to."""

    queue: ReferralQueue[E]
    unseal: Callable[[str, E], bytes]
    pause: Pause
    sender: MailSender
    letters: Letters = field(repr=False)
    recipient: str

    def forward(self, reference: str, now: datetime) -> None:
        """Sends the referral if it is due at `now` (UTC); naming it any number of times sends it once.

        What cannot be sent now stays due, and the schedule names it again.

        Raises:
            StorageError: it is not known how far it came; name it again later.
        """
        referral = self.queue.status(reference) or self._adopted(reference)
        if referral is None:
            logger.warning("a referral was named that is not stored")
            return
        if self.pause.is_on(now) or not referral.is_due(now):
            return
        claim = self.queue.claim(referral, _operation_id(reference), now)
        if claim is not None:
            self._forward(referral, claim, now)

    def hold(self, reference: str, now: datetime) -> None:
        """Notes that handling a referral failed again and again. It is kept, and the schedule tries it again."""
        referral = self.queue.status(reference)
        logger.error("referral %s could not be handled and is kept", reference)
        if referral is not None and referral.is_due(now):
            self._mark_waiting(referral, referral.etag, now, "handling-failed")

    def _adopted(self, reference: str) -> Referral | None:
        """The status of a referral whose sealed answers were stored and whose status was not."""
        found = self.queue.sealed(reference)
        if found is None:
            return None
        self.queue.insert_status(found[0])
        return self.queue.status(reference)

    def _forward(self, referral: Referral, claim: Claim, now: datetime) -> None:
        try:
            message = self._letter(referral)
        except UnsealError as error:
            self._mark_attention(referral, claim.etag, f"unseal-{error}")
            return
        except KeyUnavailableError as error:
            logger.warning("referral %s waits for its key: %s", referral.reference, error)
            self._mark_waiting(referral, claim.etag, now, "key-unavailable")
            return
        self._mark(referral, claim, hand_over(message, claim, self.sender), now)

    def _letter(self, referral: Referral) -> EmailMessage:
        found = self.queue.sealed(referral.reference)
        if found is None:
            raise UnsealError("missing")
        answers = json.loads(self.unseal(referral.reference, found[1]))
        return self.letters.write(
            "referral", to=self.recipient, reference=referral.reference, answers=laid_out(answers, referral)
        )

    def _mark(self, referral: Referral, claim: Claim, outcome: Outcome, now: datetime) -> None:
        match outcome:
            case Sent():
                self.queue.mark(referral.reference, claim.etag, State=str(ReferralState.SENT), **SETTLED)
                logger.info("referral %s sent", referral.reference)
            case Refused(code):
                self._mark_attention(referral, claim.etag, code)
            case Postponed(wait, everyone, code):
                if everyone:
                    self.pause.begin(now + wait)
                self.queue.mark(referral.reference, claim.etag, NotBefore=moment_text(now + wait), LastError=code)
                logger.warning("referral %s postponed: %s", referral.reference, code)

    def _mark_waiting(self, referral: Referral, etag: str, now: datetime, code: str) -> None:
        until = now + wait_after(referral.attempts + 1)
        self.queue.mark(referral.reference, etag, NotBefore=moment_text(until), LastError=code)

    def _mark_attention(self, referral: Referral, etag: str, code: str) -> None:
        cells = {**SETTLED, "LastError": code}
        self.queue.mark(referral.reference, etag, State=str(ReferralState.ATTENTION), **cells)
        logger.error("referral %s needs a person: %s", referral.reference, code)


def _operation_id(reference: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"referral:{reference}")
