"""Composing and sending the emails of a session, each at most once and only while it is still due."""

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from shared.bookings.emails.address_limit.combining import CombiningSender
from shared.bookings.emails.address_limit.mailbox_limits import MailboxLimits
from shared.bookings.emails.attendee_knowledge import ABOUT_A_CHANGE, needs_email, version_if_gone
from shared.bookings.emails.composer import BookingEmail, BookingMailComposer
from shared.bookings.emails.due_emails import due_emails, is_late
from shared.bookings.model.allocation_policy import AllocationPolicy
from shared.bookings.model.attendee import Attendee
from shared.bookings.model.email_ids import MailId
from shared.bookings.model.session import Session
from shared.bookings.tables.repository import BookingRepository
from shared.bookings.tables.session_finder import SessionFinder
from shared.mail.delivery_reports import reported_state
from shared.mail.ledger import ReportedMail
from shared.mail.log_rows import MailState
from shared.mail.sending import IdempotentSender, OutgoingEmail

logger = logging.getLogger(__name__)

_DEFERRED_FOR = timedelta(hours=1)
_HANDLING_FAILED = "handling-failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingMailer:
    """Sends one email of a session when a queue or the timer names it."""

    attendees: BookingRepository
    finder: SessionFinder
    composer: BookingMailComposer
    sending: IdempotentSender
    limits: MailboxLimits
    policy: AllocationPolicy = field(default_factory=AllocationPolicy)

    def deliver(self, session_id: str, mail_text: str, now: datetime) -> None:
        """Sends the email with this id if it is still due at `now` (UTC) and nobody has sent it or is sending it.

        Naming the same email any number of times, in any process, sends it once. An email that cannot be sent now
        stays due, and the timer names it again.

        Raises:
            StorageError: it is not known how far it came; name it again later.
        """
        mail_id = MailId.parse(mail_text)
        if mail_id is None:
            logger.warning("email not sent: unrecognised id")
            return
        if self.sending.is_paused(now):
            return
        session = self.finder.find(session_id, now)
        attendee = self.attendees.attendee(session_id, mail_id.attendee)
        if session is None or attendee is None or not self._is_due(session, attendee, mail_id, now):
            logger.info("email not sent: no longer due, kind %s", mail_id.kind)
            return
        self._deliver(session, attendee, mail_id, now)

    def defer(self, session_id: str, mail_text: str, now: datetime) -> None:
        """Postpones an email by an hour after handling it failed repeatedly; the timer then names it again."""
        if MailId.parse(mail_text) is not None:
            self.sending.ledger.defer(session_id, mail_text, _HANDLING_FAILED, until=now + _DEFERRED_FOR, now=now)

    def record_report(self, operation_id: str, status: str, now: datetime) -> bool:
        """Records a delivery report, given its operation id and status as the email service words them.

        Returns False if no email here has that id. Reports may come twice, in any order, and before the email is
        marked as sent. The timer then reports what did not arrive.

        Raises:
            StorageError: it is not known whether the report was written; record it again.
        """
        try:
            operation = UUID(operation_id)
        except ValueError:
            return False
        mail = self.sending.ledger.record_report(operation, reported_state(status), now)
        if mail is not None:
            _log_report(mail, reported_state(status))
        return mail is not None

    @property
    def _combining(self) -> CombiningSender:
        return CombiningSender(
            attendees=self.attendees,
            finder=self.finder,
            composer=self.composer,
            sending=self.sending,
            limits=self.limits,
            policy=self.policy,
        )

    def _is_due(self, session: Session, attendee: Attendee, mail_id: MailId, now: datetime) -> bool:
        if mail_id not in due_emails(session, attendee, self.policy, now):
            return False
        if mail_id.kind not in ABOUT_A_CHANGE:  # saves a request for most emails
            return True
        return needs_email(mail_id, session, attendee, self.sending.ledger.entries(session.id))

    def _deliver(self, session: Session, attendee: Attendee, mail_id: MailId, now: datetime) -> None:
        # Composed before it is claimed: a template that fails leaves no claim behind.
        email = OutgoingEmail(
            partition=session.id,
            mail_id=str(mail_id),
            operation_id=mail_id.operation_id(session.id),
            message=self.composer.compose(session, attendee, mail_id, now),
            version=session.version,
            is_late=is_late(session, attendee, mail_id, now),
            version_if_gone=version_if_gone(session, mail_id),
        )
        outcome = self._combining.send(email, BookingEmail(session, attendee, mail_id), now)
        if outcome is not None:
            logger.info("email %s: %s", mail_id.kind, type(outcome).__name__.lower())


def _log_report(mail: ReportedMail, state: MailState | None) -> None:
    mail_id = MailId.parse(mail.mail_id)
    if mail_id is None and state in {MailState.BOUNCED, MailState.FAILED}:
        # Addressed to the organiser or a facilitator: no roster shows it, so the log is the only place to report it.
        logger.error("email %s was not delivered: %s", mail.mail_id, state)
        return
    logger.info("email %s: delivery report says %s", mail_id.kind if mail_id else mail.mail_id, state or "no result")
