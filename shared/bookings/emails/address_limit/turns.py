"""Turns of the emails that wait: one for each mailbox is named, which takes the others along. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from shared.bookings.emails.address_limit.acted import acted_mailboxes
from shared.bookings.emails.address_limit.counted import mailbox
from shared.bookings.model.attendee import Attendee
from shared.bookings.model.email_ids import DueMail, MailId
from shared.mail.log_rows import MailLogEntry

type Waiting = tuple[DueMail, Attendee, MailLogEntry]
"""An email that waits, who gets it, and its row in the email log."""


def in_turn(
    due: Sequence[DueMail], waiting: Sequence[Waiting], known: Sequence[Attendee], now: datetime
) -> list[DueMail]:
    """Those due, without the emails that have to wait on, or that go together with another one that is due.

    Nothing waits for a mailbox any more of which one of the `known` attendees has acted.
    """
    acted = acted_mailboxes(known)
    limited = [each for each in waiting if mailbox(each[1].email) not in acted]
    first: dict[str, DueMail] = {}
    for mail, attendee, entry in sorted(limited, key=_order):
        if entry.is_open(now):
            first.setdefault(mailbox(attendee.email), mail)
    left_out = {mail for mail, _, _ in limited} - set(first.values())
    return [mail for mail in due if mail not in left_out]


def waiting_emails(
    due: Sequence[DueMail], attendees: Sequence[Attendee], log: Mapping[str, MailLogEntry]
) -> list[Waiting]:
    """Those of the emails due in one session that wait."""
    by_key = {each.key: each for each in attendees}
    entries = [(mail, MailId.parse(mail.mail_id), log.get(mail.mail_id)) for mail in due]
    return [
        (mail, by_key[mail_id.attendee], entry)
        for mail, mail_id, entry in entries
        if mail_id is not None and mail_id.attendee in by_key and entry is not None and entry.waits
    ]


def _order(waiting: Waiting) -> tuple[bool, datetime, str, str]:
    """The order in which they are named: first what may have gone already as part of another."""
    mail, _, entry = waiting
    return (not entry.sent_with, entry.at, mail.session_id, mail.mail_id)
