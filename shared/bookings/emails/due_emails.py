"""Which mails one attendee should have had by a moment: pure, and asked again just before each is sent."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from shared.bookings.emails.reminders import _due_reminder
from shared.bookings.model.allocation_policy import Policy
from shared.bookings.model.attendee import Attendee, AttendeeState, Reason, Roster, can_be_mailed
from shared.bookings.model.email_ids import TELLS_THE_SESSION, MailId, MailKind, _mail, stamp
from shared.bookings.model.session import Session, SessionState
from shared.mail.log_rows import Entry, MailState

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


_REACHED = frozenset({MailState.SENT, MailState.DELIVERED, MailState.BOUNCED, MailState.FAILED})


def mails_due(
    session: Session, roster: Roster, log: Mapping[str, Entry], policy: Policy, now: datetime
) -> list[MailId]:
    """The mails to hand over now: owed, not sent, and nobody is sending them."""
    return [mail_id for each in roster.attendees for mail_id in _due_to(each, session, log, policy, now)]


def _due_to(
    attendee: Attendee, session: Session, log: Mapping[str, Entry], policy: Policy, now: datetime
) -> list[MailId]:
    due = [
        mail_id
        for mail_id in owed(session, attendee, policy, now)
        if _is_news(mail_id, session, attendee, log)
        if (entry := log.get(str(mail_id))) is None or entry.is_open(now)
    ]
    if any(mail_id.kind is MailKind.UPDATED for mail_id in due) and _is_elsewhen(session, attendee, log):
        # Nobody is reminded of what they have not heard yet; the reminder is the next run's.
        return [mail_id for mail_id in due if mail_id.kind is not MailKind.REMINDER]
    return due


def _is_elsewhen(session: Session, attendee: Attendee, log: Mapping[str, Entry]) -> bool:
    """Whether an attendee believes in another time, or that it is called off."""
    version = version_known(attendee, log)
    known = session.history[version - 1] if 0 < version <= session.version else session.told
    return (known.starts, known.called_off) != (session.starts, session.told.called_off)


def _is_news(mail_id: MailId, session: Session, attendee: Attendee, log: Mapping[str, Entry]) -> bool:
    """Whether a mail about a change says something that this attendee has not been told."""
    if mail_id.kind is not MailKind.UPDATED:
        return True
    version = version_known(attendee, log)
    return 0 < version < session.version and session.history[version - 1] != session.told


def version_known(attendee: Attendee, log: Mapping[str, Entry]) -> int:
    """The last version of the session that reached this attendee, or 0."""
    return max((entry.version for entry in _of(attendee, log) if entry.state in _REACHED), default=0)


def _of(attendee: Attendee, log: Mapping[str, Entry]) -> list[Entry]:
    mine = f"{attendee.key}-{attendee.generation}-"
    found = [entry for mail_id, entry in log.items() if mail_id.startswith(mine)]
    return [entry for entry in found if (mail := MailId.parse(entry.mail_id)) and mail.kind in TELLS_THE_SESSION]
