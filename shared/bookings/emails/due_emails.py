"""Which mails one attendee should have had by a moment: pure, and asked again just before each is sent."""

from datetime import datetime, timedelta

from shared.bookings.model.allocation_policy import Policy
from shared.bookings.model.attendee import Attendee, AttendeeState, Reason, Session, SessionState, can_be_mailed
from shared.bookings.model.email_ids import MailId, MailKind, reminder_about, stamp
from shared.reminder_offsets import reminder_times

_ANSWERED_AGAIN_WITHIN = timedelta(days=1)
STANDING = {
    AttendeeState.WAITING: MailKind.WAITING,
    AttendeeState.TO_CHECK: MailKind.CHECKING,
    AttendeeState.CONFIRMED: MailKind.CONFIRMATION,
}
"""The mail that says where somebody stands, from the least to a place for certain."""

_PARTING = {
    Reason.LEFT: MailKind.GONE,
    Reason.BY_ORGANISER: MailKind.GONE,
    Reason.NOT_CHECKED: MailKind.RELEASED,
}


def owed(session: Session, attendee: Attendee, policy: Policy, now: datetime) -> list[MailId]:
    """Every mail that this attendee should have had by `now` (UTC) and that is still worth sending."""
    if not can_be_mailed(attendee.email) or session.is_over(now):
        return []
    if session.state is SessionState.CANCELLED:
        return [_about_version(session, attendee, MailKind.CANCELLED)] if attendee.is_live else []
    if not session.runs:
        return []
    if not attendee.is_live:
        return _on_parting(attendee)
    mails = [_mail(attendee, STANDING[attendee.state]), *_answer_to_asking_again(attendee, now)]
    if session.version > 1:
        mails.append(_about_version(session, attendee, MailKind.UPDATED))
    return mails + _end_of_waiting(session, attendee, policy, now) + _due_reminder(session, attendee, now)


def reminders_to_come(session: Session, attendee: Attendee, now: datetime) -> list[datetime]:
    """When this attendee will be reminded, in UTC, earliest first: what a confirmation may promise."""
    return [at for at, _ in _reminders(session, attendee) if at > now] if session.runs else []


def reminders_missed(session: Session, attendee: Attendee, now: datetime) -> list[MailId]:
    """Reminders whose moment has passed and that are not worth sending any more."""
    due = [mail_id for at, mail_id in _reminders(session, attendee) if at <= now]
    return due if now >= session.starts else due[:-1]


def _mail(attendee: Attendee, kind: MailKind, about: str = "") -> MailId:
    return MailId(attendee.key, attendee.generation, kind, about)


def _about_version(session: Session, attendee: Attendee, kind: MailKind) -> MailId:
    return _mail(attendee, kind, str(session.version))


def _on_parting(attendee: Attendee) -> list[MailId]:
    kind = _PARTING.get(Reason(attendee.reason)) if attendee.reason in Reason else None
    return [_mail(attendee, kind)] if kind else []


def _answer_to_asking_again(attendee: Attendee, now: datetime) -> list[MailId]:
    asked = attendee.asked_again_at
    if asked is None or now - asked >= _ANSWERED_AGAIN_WITHIN:
        return []
    return [_mail(attendee, MailKind.AGAIN, stamp(asked))]


def _end_of_waiting(session: Session, attendee: Attendee, policy: Policy, now: datetime) -> list[MailId]:
    if not attendee.is_waiting:
        return []
    if now >= session.starts:
        return [_mail(attendee, MailKind.UNPLACED)]
    since = attendee.waiting_since or attendee.booked_at
    # Who joined after the waiting list ended was told so when joining.
    ended = since < policy.cutoff_of(session) <= now
    return [_mail(attendee, MailKind.CUTOFF)] if ended else []


def _reminders(session: Session, attendee: Attendee) -> list[tuple[datetime, MailId]]:
    if not attendee.reminders or attendee.state is not AttendeeState.CONFIRMED:
        return []
    return [
        (at, _mail(attendee, MailKind.REMINDER, reminder_about(offset.text, session.starts)))
        for at, offset in reminder_times(session.starts, session.reminders)
        if at > (attendee.state_at or attendee.booked_at)  # one from before they had a place would say nothing new
    ]


def _due_reminder(session: Session, attendee: Attendee, now: datetime) -> list[MailId]:
    # Only the latest: after an outage nobody wants yesterday's reminder as well as today's.
    due = [mail_id for at, mail_id in _reminders(session, attendee) if at <= now < session.starts]
    return due[-1:]
