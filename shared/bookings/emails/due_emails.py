"""Emails due to an attendee at a given time. Pure; re-evaluated just before each is sent.

Whoever has yet to prove their address is told what the button is for, and that a place is not held any longer: nothing
else, because the address may be a stranger's. Nothing goes to an address from which the email about the booking came
back, until someone has looked.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from shared.bookings.emails.attendee_knowledge import is_outstanding, knows_another_time, needs_email
from shared.bookings.emails.feedback import feedback_email
from shared.bookings.emails.reminders import due_reminder, reminder_moment, reminders_told_by_change
from shared.bookings.emails.sent_again import email_sent_again
from shared.bookings.model.allocation_policy import AllocationPolicy
from shared.bookings.model.announcement_rules import awaits_new_time
from shared.bookings.model.attendee import Attendee, Reason, Roster, can_be_mailed
from shared.bookings.model.email_ids import KIND_BY_STATE, MailId, MailKind, stamp
from shared.bookings.model.proving import kept_until
from shared.bookings.model.session import Session, SessionState
from shared.mail.log_rows import MailLogEntry

HELD = frozenset({MailKind.UPDATED, MailKind.REMINDER, MailKind.FEEDBACK})
"""The kinds that wait while an administrator holds the emails of a session."""

_ALREADY_BOOKED_WITHIN = timedelta(days=2)  # it may have to wait for a day: shared.bookings.emails.address_limit
_LATE = timedelta(minutes=7)  # the timer runs every five, and the queue takes seconds
_CLOCKS_DIFFER = timedelta(seconds=10)  # between two hosts
_KIND_BY_REASON = {
    Reason.LEFT: MailKind.BOOKING_CANCELLED,
    Reason.BY_ORGANISER: MailKind.BOOKING_CANCELLED,
    Reason.NOT_CHECKED: MailKind.HOLD_EXPIRED,
    Reason.LEFT_BEFORE_SAVE: MailKind.BOOKING_CANCELLED,
    Reason.RELEASED_BEFORE_SAVE: MailKind.HOLD_EXPIRED,
}


def due_emails(session: Session, attendee: Attendee, policy: AllocationPolicy, now: datetime) -> list[MailId]:
    """Every email that this attendee should have had by `now` (UTC) and that is still worth sending."""
    # Another address is one that the timer has not noted yet, or that is another person's on the same roster.
    not_theirs = attendee.same_person or attendee.has_other_address
    if not can_be_mailed(attendee.email) or not_theirs or attendee.is_bounced:
        return []
    if session.is_over(now):
        due = feedback_email(session, attendee, now) if policy.feedback else []
    elif attendee.is_unproven:
        due = _mails_about_proof(session, attendee, now)
    else:
        due = _mails_about_booking(session, attendee, policy, now)
    return [each for each in due if not (session.holds_emails and each.kind in HELD)]


def is_late(session: Session, attendee: Attendee, mail_id: MailId, now: datetime) -> bool:
    """True if the email should have gone by an earlier run of the timer than that of `now` (UTC): perhaps it has.

    An announced change counts as late, because nothing but the email log says when its announcement was due.
    """
    return now - (reminder_moment(session, attendee, mail_id) or attendee.state_at or attendee.booked_at) > _LATE


def _mails_about_booking(session: Session, attendee: Attendee, policy: AllocationPolicy, now: datetime) -> list[MailId]:
    if session.state is SessionState.CANCELLED:
        return [_about_version(session, attendee, MailKind.SESSION_CANCELLED)] if attendee.is_live else []
    if not session.runs:
        return []
    if not attendee.is_live:
        return _cancellation_mail(attendee)
    mails = [*_standing_mail(attendee), *email_sent_again(attendee), *_already_booked_mail(attendee, now)]
    if session.version > 1:
        mails.append(_about_version(session, attendee, MailKind.UPDATED))
    if awaits_new_time(session, now):  # what depends on the time follows once the new one is told, or taken back
        return mails
    return mails + _end_of_waiting(session, attendee, policy, now) + due_reminder(session, attendee, now)


def _mails_about_proof(session: Session, attendee: Attendee, now: datetime) -> list[MailId]:
    if not session.runs or now >= kept_until(session, attendee):
        return []
    lost = attendee.reason == Reason.HOLD_LOST
    kind = MailKind.HOLD_LOST if lost else MailKind.PROVE
    return [MailId.to(attendee, kind), *_already_booked_mail(attendee, now)]


def _standing_mail(attendee: Attendee) -> list[MailId]:
    # Who waits for room on the waiting list is emailed once they are on it; the page after the button said so.
    return [] if attendee.is_behind_the_list else [MailId.to(attendee, KIND_BY_STATE[attendee.state])]


def _about_version(session: Session, attendee: Attendee, kind: MailKind) -> MailId:
    return MailId.to(attendee, kind, str(session.version))


def _cancellation_mail(attendee: Attendee) -> list[MailId]:
    kind = _KIND_BY_REASON.get(Reason(attendee.reason)) if attendee.reason in Reason else None
    return [MailId.to(attendee, kind)] if kind else []


def _already_booked_mail(attendee: Attendee, now: datetime) -> list[MailId]:
    asked = attendee.asked_again_at
    # One that is to wait until an hour after the last has its time in the future.
    if asked is None or not -_CLOCKS_DIFFER <= now - asked < _ALREADY_BOOKED_WITHIN:
        return []
    return [MailId.to(attendee, MailKind.ALREADY_BOOKED, stamp(asked))]


def _end_of_waiting(session: Session, attendee: Attendee, policy: AllocationPolicy, now: datetime) -> list[MailId]:
    if not attendee.is_waiting:
        return []
    if now >= session.starts:
        return [MailId.to(attendee, MailKind.NOT_PLACED)]
    since = attendee.waiting_since or attendee.booked_at
    # Who joined after the waiting list ended was told so when joining.
    ended = since < policy.cutoff_of(session) <= now
    return [MailId.to(attendee, MailKind.CUTOFF)] if ended else []


def mails_to_send(
    session: Session, roster: Roster, log: Mapping[str, MailLogEntry], policy: AllocationPolicy, now: datetime
) -> list[MailId]:
    """The emails to hand over now: owed, not sent, and nobody is sending them; those that wait their turn as well."""
    return [mail_id for each in roster.attendees for mail_id in _mails_to_send_to(each, session, log, policy, now)]


def _mails_to_send_to(
    attendee: Attendee, session: Session, log: Mapping[str, MailLogEntry], policy: AllocationPolicy, now: datetime
) -> list[MailId]:
    due = [
        mail_id
        for mail_id in due_emails(session, attendee, policy, now)
        if needs_email(mail_id, session, attendee, log)
        if (entry := log.get(str(mail_id))) is None or entry.may_be_claimed(now)
    ]
    update = _about_version(session, attendee, MailKind.UPDATED)
    if knows_another_time(session, attendee, log) and is_outstanding(update, log):
        # Nobody is reminded of what they have not heard yet; the reminder is a later run's.
        return [mail_id for mail_id in due if mail_id.kind is not MailKind.REMINDER]
    told = reminders_told_by_change(session, attendee, log)
    return [mail_id for mail_id in due if mail_id not in told]
