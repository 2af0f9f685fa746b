"""Writing and handing over the mails of a session, each at most once and only while it is still true."""

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from shared.bookings.emails.due_emails import due_emails
from shared.bookings.model.allocation_policy import AllocationPolicy
from shared.bookings.model.attendee import Attendee
from shared.bookings.model.email_ids import MailId
from shared.bookings.model.session import Session
from shared.bookings.tables.session_finder import SessionFinder
from shared.mail.delivery import Claim, Outcome, Postponed, hand_over
from shared.mail.delivery_reports import reported_state
from shared.mail.ledger import ReportedMail
from shared.mail.log_rows import MailState
from shared.mail.message import EmailMessage, MailSender

logger = logging.getLogger(__name__)

_DEFERRED_FOR = timedelta(hours=1)
_HANDLING_FAILED = "handling-failed"


class Attendees(Protocol):
    """What mailing needs of the roster; `shared.bookings.tables.repository` describes each."""

    def attendee(self, session_id: str, key: str) -> Attendee | None: ...


class Composer(Protocol):
    """Writes one mail; `shared.bookings.emails.composer` does."""

    def compose(self, session: Session, attendee: Attendee, mail_id: MailId, now: datetime) -> EmailMessage: ...


class Ledger(Protocol):
    """What mailing needs of the mail log; `shared.mail.ledger` describes each."""

    def claim(self, partition: str, mail_id: str, wanted: Claim, now: datetime) -> Claim | None: ...
    def mark(self, partition: str, mail_id: str, claim: Claim, outcome: Outcome, now: datetime) -> None: ...
    def defer(self, partition: str, mail_id: str, code: str, *, until: datetime, now: datetime) -> None: ...
    def record_report(self, operation_id: UUID, state: MailState | None, now: datetime) -> ReportedMail | None: ...


class Pause(Protocol):
    """The mail service's wish to be left alone; `shared.tables.service_table` describes each."""

    def is_on(self, now: datetime) -> bool: ...
    def begin(self, until: datetime) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingMailer:
    """Sends one mail of a session when a queue or the schedule names it."""

    attendees: Attendees
    finder: SessionFinder
    ledger: Ledger
    pause: Pause
    sender: MailSender
    composer: Composer
    policy: AllocationPolicy = field(default_factory=AllocationPolicy)

    def deliver(self, session_id: str, mail_text: str, now: datetime) -> None:
        """Sends the mail with this id if it is still owed at `now` (UTC) and nobody has sent it or is sending it.

        Naming the same mail any number of times, in any process, sends it once. A mail that cannot be sent now stays
        owed, and the schedule names it again.

        Raises:
            StorageError: it is not known how far it came; name it again later.
        """
        mail_id = MailId.parse(mail_text)
        if mail_id is None:
            logger.warning("email not sent: unrecognised id")
            return
        if self.pause.is_on(now):
            return
        session = self.finder.find(session_id, now)
        attendee = self.attendees.attendee(session_id, mail_id.attendee)
        if session is None or attendee is None or mail_id not in due_emails(session, attendee, self.policy, now):
            logger.info("email not sent: no longer due, kind %s", mail_id.kind)
            return
        self._deliver(session, attendee, mail_id, now)

    def defer(self, session_id: str, mail_text: str, now: datetime) -> None:
        """Leaves a mail alone for an hour whose handling failed again and again; the schedule then tries it anew."""
        if MailId.parse(mail_text) is not None:
            self.ledger.defer(session_id, mail_text, _HANDLING_FAILED, until=now + _DEFERRED_FOR, now=now)

    def record_report(self, operation_id: str, status: str, now: datetime) -> bool:
        """Takes down a delivery report: its message id and its status, as the mail service words them.

        False where it is about no mail that is known here. Reports may come twice, in any order, and before the mail
        is marked as sent. The schedule then tells of what came back.

        Raises:
            StorageError: it is not known whether it was written; report it again.
        """
        try:
            operation = UUID(operation_id)
        except ValueError:
            return False
        mail = self.ledger.record_report(operation, reported_state(status), now)
        if mail is not None:
            _log_report(mail, reported_state(status))
        return mail is not None

    def _deliver(self, session: Session, attendee: Attendee, mail_id: MailId, now: datetime) -> None:
        # Written before it is claimed: a template that fails leaves no claim behind.
        message = self.composer.compose(session, attendee, mail_id, now)
        wanted = Claim(mail_id.operation_id(session.id), version=session.version)
        claim = self.ledger.claim(session.id, str(mail_id), wanted, now)
        if claim is not None:
            self._hand_over(session.id, mail_id, claim, message, now)

    def _hand_over(self, session_id: str, mail_id: MailId, claim: Claim, message: EmailMessage, now: datetime) -> None:
        outcome = hand_over(message, claim, self.sender)
        if isinstance(outcome, Postponed) and outcome.pause_all:
            self.pause.begin(now + outcome.wait)
        self.ledger.mark(session_id, str(mail_id), claim, outcome, now)
        logger.info("email %s: %s", mail_id.kind, type(outcome).__name__.lower())


def _log_report(mail: ReportedMail, state: MailState | None) -> None:
    mail_id = MailId.parse(mail.mail_id)
    if mail_id is None and state in {MailState.BOUNCED, MailState.FAILED}:
        # To one of the few who run the sessions: no roster shows it, and nobody else can be told.
        logger.error("email %s was not delivered: %s", mail.mail_id, state)
        return
    logger.info("email %s: delivery report says %s", mail_id.kind if mail_id else mail.mail_id, state or "no result")
