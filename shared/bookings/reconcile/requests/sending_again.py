"""Answers to `SendAgain` in a booking's row: the last confirmation goes once more, or the cell says why not. Pure.

The cell is marked first, and emptied once the email is over with. The mark is a part of the email's id, so a run that
was cut off goes on with the same email, and a row that is saved as it was while the mark stood asks for nothing again.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from shared.bookings.emails.attendee_knowledge import is_outstanding
from shared.bookings.emails.sent_again import email_sent_again
from shared.bookings.model.attendee import Attendee, can_be_mailed
from shared.bookings.model.email_ids import KIND_BY_STATE, MailId, stamp
from shared.bookings.model.session import Session
from shared.bookings.tables.cells.send_again import asked_at, asks_again, being_sent, not_sent
from shared.local_time import short
from shared.mail.log_rows import MailLogEntry, MailState
from shared.wording.sentences import sentence

APART = timedelta(hours=1)
"""At least this long after the one before: a row that is saved again as it was asks for nothing new."""


def answer(session: Session, attendee: Attendee, log: Mapping[str, MailLogEntry], now: datetime) -> str:
    """The text of the cell as it should be at `now` (UTC)."""
    if asked := asked_at(attendee.send_again):
        is_needed = not _why_never(session, attendee) and _is_needed(attendee, asked, log)
        return attendee.send_again if is_needed else ""
    if not asks_again(attendee.send_again):
        return attendee.send_again
    why = _why_never(session, attendee) or _why_not_now(attendee, log, now)
    return not_sent(why) if why else being_sent(stamp(now))


def _is_needed(attendee: Attendee, asked: str, log: Mapping[str, MailLogEntry]) -> bool:
    """True if it is still to go, and no other email says where they stand, as after a new state or address."""
    is_told_anew = not email_sent_again(attendee) or is_outstanding(_standing(attendee), log)
    return not is_told_anew and not _is_over_with(attendee, asked, log)


def _standing(attendee: Attendee) -> MailId:
    return MailId.to(attendee, KIND_BY_STATE[attendee.state])


def _is_over_with(attendee: Attendee, asked: str, log: Mapping[str, MailLogEntry]) -> bool:
    """True once it was sent or given up, whatever it said: where someone stands may have changed since."""
    ids = (MailId.to(attendee, kind, asked) for kind in KIND_BY_STATE.values())
    return any(not is_outstanding(mail_id, log) for mail_id in ids)


def _why_never(session: Session, attendee: Attendee) -> str:
    """The reason why this booking has no such email; "" if it has."""
    no_address = not can_be_mailed(attendee.email) or bool(attendee.same_person) or attendee.has_other_address
    reasons = {
        sentence("portal.booking.send-again.session"): not session.runs,
        sentence("portal.booking.send-again.cancelled"): not attendee.is_live,
        sentence("portal.booking.send-again.address"): no_address,
        sentence("portal.booking.send-again.came-back"): attendee.is_bounced,
        sentence("portal.booking.send-again.not-proved"): attendee.is_unproven,
        sentence("portal.booking.send-again.list-full"): attendee.is_behind_the_list,
    }
    return next((why for why, applies in reasons.items() if applies), "")


def _why_not_now(attendee: Attendee, log: Mapping[str, MailLogEntry], now: datetime) -> str:
    first = _standing(attendee)
    if is_outstanding(first, log):
        return sentence("portal.booking.send-again.first")
    sent = [entry.at for entry in log.values() if _is_same_email(entry, first) and entry.state is not MailState.SKIPPED]
    latest = max(sent, default=now - APART)
    return sentence("portal.booking.send-again.lately", at=short(latest)) if now - latest < APART else ""


def _is_same_email(entry: MailLogEntry, first: MailId) -> bool:
    mail = MailId.parse(entry.mail_id)
    return mail is not None and replace(mail, about="") == first and bool(mail.about)
