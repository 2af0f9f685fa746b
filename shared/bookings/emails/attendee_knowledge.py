"""Details of the session that one attendee was told, according to the email log. Pure."""

from collections.abc import Mapping
from datetime import datetime

from shared.bookings.model.announcement_rules import is_news
from shared.bookings.model.attendee import Attendee
from shared.bookings.model.email_ids import INCLUDES_SESSION_DETAILS, KIND_BY_STATE, MailId, MailKind
from shared.bookings.model.session import AnnouncedDetails, Session
from shared.mail.log_rows import UNKNOWN_VERSION, MailLogEntry, MailState

ABOUT_A_CHANGE = frozenset({MailKind.UPDATED, MailKind.SESSION_CANCELLED})
"""The kinds that are sent only to those for whom they say something new."""

_REACHED = frozenset({MailState.SENT, MailState.DELIVERED, MailState.BOUNCED, MailState.FAILED})


def version_known(attendee: Attendee, log: Mapping[str, MailLogEntry]) -> int:
    """The last version of the session that reached this attendee; 0 for none, `UNKNOWN_VERSION` for one of them."""
    return max((entry.version for entry in _session_mails(attendee, log) if entry.version), default=0)


def version_if_gone(session: Session, mail_id: MailId) -> int:
    """The version that an email described which turns out to have gone before, and of which no log is left.

    Where that may be an earlier version, its reader is told the present one again: better than not at all.
    """
    is_certain = mail_id.kind in ABOUT_A_CHANGE or session.version <= 1
    return session.version if is_certain else UNKNOWN_VERSION


def needs_email(mail_id: MailId, session: Session, attendee: Attendee, log: Mapping[str, MailLogEntry]) -> bool:
    """False for an email about a change that says nothing which this attendee was not told, or has no use for."""
    if mail_id.kind in ABOUT_A_CHANGE and attendee.is_waiting and _was_told_no_place(attendee, log):
        return False
    version = version_known(attendee, log)
    known = session.told(version)
    match mail_id.kind:
        case MailKind.SESSION_CANCELLED:
            return known is None or not known.called_off
        case MailKind.UPDATED:
            is_change = known is None or is_news(attendee, session.details, known)
            is_behind = version != 0 and version < session.version
            return is_behind and is_change and not _is_standing_mail_outstanding(attendee, log)
        case _:
            return True


def _was_told_no_place(attendee: Attendee, log: Mapping[str, MailLogEntry]) -> bool:
    return str(MailId.to(attendee, MailKind.NOT_PLACED)) in log


def _is_standing_mail_outstanding(attendee: Attendee, log: Mapping[str, MailLogEntry]) -> bool:
    """True if the email that says where they stand is still to come: it has the present details of the session."""
    standing = MailId.to(attendee, KIND_BY_STATE[attendee.state])
    return is_outstanding(standing, log)


def is_outstanding(mail_id: MailId, log: Mapping[str, MailLogEntry]) -> bool:
    """True if an email was neither sent nor given up."""
    entry = log.get(str(mail_id))
    return entry is None or entry.state is MailState.SENDING


def knows_another_time(session: Session, attendee: Attendee, log: Mapping[str, MailLogEntry]) -> bool:
    """True if an attendee was last told another time, or that it is called off."""
    version = version_known(attendee, log)
    return version != 0 and version <= session.version and not _is_present_time(session, session.told(version))


def new_time_told_at(session: Session, attendee: Attendee, log: Mapping[str, MailLogEntry]) -> datetime | None:
    """The moment (UTC) of the email that moved this attendee to the present time; None if they knew no other."""
    told_at = None
    latest_first = sorted(_session_mails(attendee, log), key=lambda each: (each.version, each.at), reverse=True)
    for entry in latest_first:
        known = session.told(entry.version)
        if known is None:
            return None
        if not _is_present_time(session, known):
            return told_at
        told_at = entry.at
    return None


def _is_present_time(session: Session, known: AnnouncedDetails | None) -> bool:
    return known is not None and (known.starts, known.called_off) == (session.starts, session.details.called_off)


def _session_mails(attendee: Attendee, log: Mapping[str, MailLogEntry]) -> list[MailLogEntry]:
    """Emails with the details of the session that reached this attendee in their present generation."""
    mine = f"{attendee.key}-{attendee.generation}-"
    found = [entry for mail_id, entry in log.items() if mail_id.startswith(mine) and entry.state in _REACHED]
    return [entry for entry in found if (mail := MailId.parse(entry.mail_id)) and mail.kind in INCLUDES_SESSION_DETAILS]
