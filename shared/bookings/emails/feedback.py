"""The email after a session that asks everyone who had a place how it was. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from shared.bookings.emails.attendee_knowledge import is_outstanding
from shared.bookings.model.attendee import Attendee, AttendeeState, Roster
from shared.bookings.model.email_ids import MailId, MailKind
from shared.bookings.model.session import Session
from shared.mail.log_rows import MailLogEntry

ASKED_WITHIN = timedelta(days=3)
"""The time after the end in which it may still go; after that nobody remembers."""


def may_ask(session: Session, now: datetime) -> bool:
    """True if people may be asked at `now` (UTC): the session took place, is over, and names a page for it."""
    is_time = session.ends <= now < session.ends + ASKED_WITHIN
    return is_time and bool(session.feedback_url) and session.runs and not session.is_test


def feedback_email(session: Session, attendee: Attendee, now: datetime) -> list[MailId]:
    """The email to someone whose place was confirmed, if one may go; none to anyone else."""
    is_asked = attendee.state is AttendeeState.CONFIRMED and attendee.is_live
    return [MailId.to(attendee, MailKind.FEEDBACK)] if is_asked and may_ask(session, now) else []


def is_feedback_owed(session: Session, roster: Roster, log: Mapping[str, MailLogEntry], now: datetime) -> bool:
    """True if the email to someone is still to come."""
    due = (mail_id for each in roster.attendees for mail_id in feedback_email(session, each, now))
    return any(is_outstanding(mail_id, log) for mail_id in due)
