"""Sends an email that counts: at once, as one that waits, or together with all others to its mailbox that wait.

1. `sending` claims the email, and asks about an earlier attempt whose outcome is unknown.
2. The email is counted (`MailboxLimits`), or waits: it is marked so, and the timer names it when its time has come.
3. Those that wait join it if they are still due (`PartRows`), and all are composed as one email.
4. `sending` hands it over within the lease of the claim, and marks it.
5. Those that joined are marked as it is, and are taken off those that wait.

A process may end after any step. Until the email was handed over, whoever takes it over begins again, and counts it
under the same id. After that, the email service knows it under the id that is in the row of everyone who joined.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shared.bookings.emails.address_limit.acted import has_acted
from shared.bookings.emails.address_limit.counted import counts, mailbox
from shared.bookings.emails.address_limit.mailbox_limits import MailboxLimits
from shared.bookings.emails.address_limit.part_rows import PartRows
from shared.bookings.emails.composer import BookingEmail, BookingMailComposer
from shared.bookings.emails.due_emails import due_emails
from shared.bookings.model.allocation_policy import AllocationPolicy
from shared.bookings.model.email_ids import DueMail, MailId
from shared.bookings.tables.repository import BookingRepository
from shared.bookings.tables.session_finder import SessionFinder
from shared.mail.delivery import Outcome, Sent
from shared.mail.log_rows import ADDRESS_LIMIT
from shared.mail.message import EmailMessage, MailWaitsError
from shared.mail.sending import IdempotentSender, OutgoingEmail

_MOST_TOGETHER = 100  # each takes some requests, and all have to be made within the lease


@dataclass(frozen=True, slots=True, kw_only=True)
class CombiningSender:
    """Sends emails to attendees within the limit of their mailbox. Every method raises `StorageError`."""

    attendees: BookingRepository
    finder: SessionFinder
    composer: BookingMailComposer
    sending: IdempotentSender
    limits: MailboxLimits
    policy: AllocationPolicy = field(default_factory=AllocationPolicy)

    def send(self, email: OutgoingEmail, own: BookingEmail, now: datetime) -> Outcome | None:
        """Sends the email; None if it was sent or given up before, or another process is sending it."""
        if not counts(own.attendee, own.mail_id.kind):
            return self.sending.send(email, now)
        waiting: list[DueMail] = []

        def take_turn() -> EmailMessage | None:
            waiting.extend(self._turn(own, now))
            joined = [part for mail in waiting if (part := self._joined(mail, own, now))]
            return self.composer.compose_together([own, *joined], now) if joined else None

        outcome = self.sending.send(email, now, take_turn)
        self._follow(own, outcome, waiting, now)
        return outcome

    @property
    def _parts(self) -> PartRows:
        return PartRows(self.sending.ledger)

    def _turn(self, own: BookingEmail, now: datetime) -> Sequence[DueMail]:
        """Counts the email, and returns those that wait and those that an earlier attempt had let join.

        Raises:
            MailWaitsError: it has to wait, too.
        """
        whose = mailbox(own.attendee.email)
        turn = self.limits.take(whose, own.operation_id, own.due, now)
        if turn.waits_until is not None and not has_acted(self.attendees.bookings_table, whose):
            raise MailWaitsError(ADDRESS_LIMIT, turn.waits_until - now)
        before = self._parts.joined(own.operation_id)
        return list(dict.fromkeys([*before, *turn.waiting[:_MOST_TOGETHER]]))

    def _joined(self, mail: DueMail, own: BookingEmail, now: datetime) -> BookingEmail | None:
        """The email as part of this one; None if it is no longer due, or goes another way."""
        part = self._due(mail, mailbox(own.attendee.email), now)
        if part is None:
            self._parts.leave(mail, own.operation_id)
            return None
        version = part.session.version
        return part if self._parts.join(mail, part.operation_id, own.operation_id, version, now) else None

    def _due(self, mail: DueMail, whose: str, now: datetime) -> BookingEmail | None:
        """The email as it is at `now`; None if it is no longer due, or goes to another mailbox."""
        mail_id, session = MailId.parse(mail.mail_id), self.finder.find(mail.session_id, now)
        attendee = self.attendees.attendee(mail.session_id, mail_id.attendee) if mail_id else None
        if mail_id is None or session is None or attendee is None or mailbox(attendee.email) != whose:
            return None
        is_due = mail_id in due_emails(session, attendee, self.policy, now)
        return BookingEmail(session, attendee, mail_id) if is_due else None

    def _follow(self, own: BookingEmail, outcome: Outcome | None, waiting: Sequence[DueMail], now: datetime) -> None:
        is_earlier = isinstance(outcome, Sent) and outcome.by_earlier_attempt
        if outcome is None or not (waiting or is_earlier):
            return
        carrier = self._parts.carrier(own.due) if is_earlier else None
        self._parts.follow(carrier or own.operation_id, outcome, now)
        if isinstance(outcome, Sent):
            self.limits.forget(mailbox(own.attendee.email), [own.due, *waiting])
