"""Reminders of one attendee: which are due, to come, missed or to be skipped. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from shared.bookings.emails.attendee_knowledge import new_time_told_at
from shared.bookings.model.attendee import Attendee, AttendeeState, Roster
from shared.bookings.model.email_ids import MailId, MailKind, reminder_about
from shared.bookings.model.session import Session
from shared.mail.log_rows import MailLogEntry, MailState
from shared.reminder_offsets import reminder_times

_CLOCKS_DIFFER = timedelta(minutes=1)  # between two hosts that are both right


def upcoming_reminders(session: Session, attendee: Attendee, now: datetime) -> list[datetime]:
    """Moments of the reminders to come, in UTC, earliest first: a confirmation may promise them."""
    return [at for at, _ in _reminders(session, attendee) if at > now] if session.runs else []


def reminder_moment(session: Session, attendee: Attendee, mail_id: MailId) -> datetime | None:
    """When that reminder was due, in UTC; None if the email is no reminder of theirs."""
    return next((at for at, each in _reminders(session, attendee) if each == mail_id), None)


def missed_reminders(session: Session, attendee: Attendee, now: datetime) -> list[MailId]:
    """Reminders whose moment has passed and that are not worth sending any more: all while emails are held."""
    due = [mail_id for at, mail_id in _reminders(session, attendee) if at <= now]
    return due if session.holds_emails or now >= session.starts else due[:-1]


def reminders_told_by_change(session: Session, attendee: Attendee, log: Mapping[str, MailLogEntry]) -> list[MailId]:
    """Reminders whose moment had passed when an email told a new time: that email said what they would say."""
    told_at = new_time_told_at(session, attendee, log)
    return [] if told_at is None else [mail_id for at, mail_id in _reminders(session, attendee) if at <= told_at]


def reminders_skipped_too_early(log: Mapping[str, MailLogEntry], now: datetime) -> list[MailLogEntry]:
    """The reminders that a clock ahead of `now` (UTC) skipped, by which they could no longer be in time."""
    skipped = (entry for entry in log.values() if entry.state is MailState.SKIPPED and entry.at - now > _CLOCKS_DIFFER)
    return [entry for entry in skipped if (mail := MailId.parse(entry.mail_id)) and mail.kind is MailKind.REMINDER]


def _reminders(session: Session, attendee: Attendee) -> list[tuple[datetime, MailId]]:
    if not attendee.reminders or attendee.state is not AttendeeState.CONFIRMED:
        return []
    return [
        (at, MailId.to(attendee, MailKind.REMINDER, reminder_about(offset.text, session.starts)))
        for at, offset in reminder_times(session.starts, session.reminders)
        if at > (attendee.state_at or attendee.booked_at)  # one from before they had a place would say nothing new
    ]


def due_reminder(session: Session, attendee: Attendee, now: datetime) -> list[MailId]:
    """The reminder that should have gone by `now` (UTC), if any: one at most."""
    # Only the latest: after an outage nobody wants yesterday's reminder as well as today's.
    due = [mail_id for at, mail_id in _reminders(session, attendee) if at <= now < session.starts]
    return due[-1:]


def reminders_to_skip(session: Session, roster: Roster, log: Mapping[str, MailLogEntry], now: datetime) -> list[str]:
    """The reminders that can no longer be in time, and that nothing is written down of yet."""
    if not session.runs:
        return []
    missed = [mail_id for each in roster.attendees for mail_id in missed_reminders(session, each, now)]
    told = [mail_id for each in roster.attendees for mail_id in reminders_told_by_change(session, each, log)]
    return [text for text in map(str, dict.fromkeys([*missed, *told])) if text not in log]
