"""What should be true of a session at a moment and is not yet: the mails owed, and what people may read of them.

No list of work is kept anywhere. What is owed follows from the session, its roster and the time, less what the mail
log says was sent. So a run that is late, missed, repeated or done twice at once leaves nothing out and doubles nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.bookings.mail_ids import MailId, MailKind, reminder_about, stamp
from shared.bookings.model import Attendee, Roster, Session, SessionState
from shared.bookings.reminders import reminder_times
from shared.mail.ledger import Entry, MailState
from shared.wallclock import short

_ANSWERED_AGAIN_WITHIN = timedelta(days=1)
_RUNS = frozenset({SessionState.OPEN, SessionState.CLOSED})
_DONE = {
    MailState.SENT: "sent",
    MailState.DELIVERED: "delivered",
    MailState.BOUNCED: "bounced",
    MailState.FAILED: "failed",
    MailState.SKIPPED: "skipped",
}


@dataclass(frozen=True, slots=True)
class Changes:
    """What a run has to do for one session: mails to hand over, and new texts for attendees' `Mail` cells."""

    mails: tuple[MailId, ...]
    notes: Mapping[Attendee, str]


def reconcile(session: Session, roster: Roster, log: Mapping[str, Entry], now: datetime) -> Changes:
    """Compares what is with what should be.

    Args:
        session: not over yet.
        roster: everybody on its list.
        log: what `MailLog` holds for it, by mail id.
        now: UTC.
    """
    mails = [
        mail_id
        for attendee in roster.attendees
        for mail_id in owed(session, attendee, now)
        if (entry := log.get(str(mail_id))) is None or entry.is_open(now)
    ]
    notes = {each: _note(session, each, log, now) for each in roster.attendees if each.email}
    return Changes(tuple(mails), {each: note for each, note in notes.items() if note != each.mail})


def owed(session: Session, attendee: Attendee, now: datetime) -> list[MailId]:
    """Every mail that this attendee should have had by `now` (UTC) and that is still worth sending."""
    if not attendee.holds_a_place or not attendee.email or session.state not in _RUNS or session.is_over(now):
        return []
    mails = [MailId(attendee.key, attendee.generation, MailKind.CONFIRMATION)]
    asked = attendee.asked_again_at
    if asked is not None and now - asked < _ANSWERED_AGAIN_WITHIN:
        mails.append(MailId(attendee.key, attendee.generation, MailKind.AGAIN, stamp(asked)))
    return mails + _due_reminder(session, attendee, now)


def reminders_to_come(session: Session, attendee: Attendee, now: datetime) -> list[datetime]:
    """When this attendee will be reminded, in UTC, earliest first: what a confirmation may promise."""
    return [at for at, _ in _reminders(session, attendee) if at > now]


def _reminders(session: Session, attendee: Attendee) -> list[tuple[datetime, MailId]]:
    if not attendee.reminders or not attendee.holds_a_place:
        return []
    return [
        (at, MailId(attendee.key, attendee.generation, MailKind.REMINDER, reminder_about(offset.text, session.starts)))
        for at, offset in reminder_times(session.starts, session.reminders)
        if at > attendee.booked_at  # one that was due before the booking would say nothing new
    ]


def _due_reminder(session: Session, attendee: Attendee, now: datetime) -> list[MailId]:
    # Only the latest: after an outage nobody wants yesterday's reminder as well as today's.
    due = [mail_id for at, mail_id in _reminders(session, attendee) if at <= now < session.starts]
    return due[-1:]


def _note(session: Session, attendee: Attendee, log: Mapping[str, Entry], now: datetime) -> str:
    # For people to read: confirmation sent Fri 1 Sep, 9am; reminder due Thu 7 Sep, 3pm.
    mine = f"{attendee.key}-{attendee.generation}-"
    done = [entry for entry in log.values() if entry.mail_id.startswith(mine)]
    parts = [_entry_words(entry) for entry in sorted(done, key=lambda entry: (entry.at, entry.mail_id))]
    coming = reminders_to_come(session, attendee, now) if session.state in _RUNS else []
    return "; ".join([*parts, *(f"reminder due {short(at)}" for at in coming[:1])])


def _entry_words(entry: Entry) -> str:
    mail_id = MailId.parse(entry.mail_id)
    kind = str(mail_id.kind) if mail_id else entry.mail_id
    return f"{kind} {_DONE.get(entry.state, 'on its way')} {short(entry.at)}"
