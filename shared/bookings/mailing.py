"""Writing and handing over the mails of a session, each at most once and only while it is still true."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from shared.bookings.mail_ids import MailId, MailKind
from shared.bookings.model import Attendee, Session
from shared.bookings.reconcile import owed, reminders_to_come
from shared.content import Content
from shared.mail.delivery import Claim, Outcome, Postponed, hand_over
from shared.mail.letters import Letters
from shared.mail.message import EmailMessage, MailSender
from shared.wallclock import moment_in_words, span_in_words

logger = logging.getLogger(__name__)

_HELD_FOR = timedelta(hours=1)
_HANDLING_FAILED = "handling-failed"


class Attendees(Protocol):
    """What mailing needs of the roster; `shared.bookings.repository` describes each."""

    def session(self, session_id: str) -> Session | None: ...
    def attendee(self, session_id: str, key: str) -> Attendee | None: ...


class Ledger(Protocol):
    """What mailing needs of the mail log; `shared.mail.ledger` describes each."""

    def claim(self, partition: str, mail_id: str, operation_id: UUID, now: datetime) -> Claim | None: ...
    def mark(self, partition: str, mail_id: str, claim: Claim, outcome: Outcome, now: datetime) -> None: ...
    def hold(self, partition: str, mail_id: str, until: datetime, code: str) -> None: ...


class Pause(Protocol):
    """The mail service's wish to be left alone; `shared.service_rows` describes each."""

    def is_on(self, now: datetime) -> bool: ...
    def begin(self, until: datetime) -> None: ...


@dataclass(frozen=True, slots=True)
class BookingMailer:
    """Sends one mail of a session when a queue or the schedule names it."""

    attendees: Attendees
    ledger: Ledger
    pause: Pause
    sender: MailSender
    letters: Letters = field(repr=False)

    def deliver(self, session_id: str, mail_text: str, now: datetime) -> None:
        """Sends the mail with this id if it is still owed at `now` (UTC) and nobody has sent it or is sending it.

        Naming the same mail any number of times, in any process, sends it once. A mail that cannot be sent now stays
        owed, and the schedule names it again.

        Raises:
            StorageError: it is not known how far it came; name it again later.
        """
        mail_id = MailId.parse(mail_text)
        if mail_id is None or self.pause.is_on(now):
            return
        session = self.attendees.session(session_id)
        attendee = self.attendees.attendee(session_id, mail_id.attendee)
        if session is None or attendee is None or mail_id not in owed(session, attendee, now):
            logger.info("mail not sent: no longer owed, kind %s", mail_id.kind)
            return
        self._deliver(session, attendee, mail_id, now)

    def hold(self, session_id: str, mail_text: str, now: datetime) -> None:
        """Leaves a mail alone for an hour whose handling failed again and again; the schedule then tries it anew."""
        if MailId.parse(mail_text) is not None:
            self.ledger.hold(session_id, mail_text, now + _HELD_FOR, _HANDLING_FAILED)

    def _deliver(self, session: Session, attendee: Attendee, mail_id: MailId, now: datetime) -> None:
        # Written before it is claimed: a template that fails leaves no claim behind.
        message = self.letters.write(
            str(mail_id.kind), to=attendee.email, **_facts(session, attendee, self.letters.content, mail_id, now)
        )
        claim = self.ledger.claim(session.id, str(mail_id), mail_id.operation_id(session.id), now)
        if claim is not None:
            self._hand_over(session.id, mail_id, claim, message, now)

    def _hand_over(self, session_id: str, mail_id: MailId, claim: Claim, message: EmailMessage, now: datetime) -> None:
        outcome = hand_over(message, claim, self.sender)
        if isinstance(outcome, Postponed) and outcome.everyone:
            self.pause.begin(now + outcome.wait)
        self.ledger.mark(session_id, str(mail_id), claim, outcome, now)
        logger.info("mail %s: %s", mail_id.kind, type(outcome).__name__.lower())


def _facts(
    session: Session, attendee: Attendee, content: Content, mail_id: MailId, now: datetime
) -> Mapping[str, object]:
    facts: dict[str, object] = {
        "name": attendee.name,
        "reference": attendee.reference,
        "starts": moment_in_words(session.starts),
        "when": span_in_words(session.starts, session.ends),
        "title": session.title or content.groups.session_title,
        "theme": session.theme or content.groups.open_theme,
        "join_url": session.join_url,
    }
    if mail_id.kind is MailKind.CONFIRMATION:
        facts["reminders"] = [moment_in_words(at) for at in reminders_to_come(session, attendee, now)]
    return facts
