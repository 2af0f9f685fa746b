"""A place that someone was told of and may have in their calendar."""

from collections.abc import Mapping

from shared.bookings.model.attendee import Attendee
from shared.bookings.model.email_ids import MailId, MailKind
from shared.bookings.model.generation import is_same_person
from shared.mail.log_rows import MailLogEntry

_SAYS_THAT_THERE_IS_A_PLACE = frozenset({MailKind.CONFIRMATION, MailKind.CHECKING})


def was_told_of_a_place(attendee: Attendee, log: Mapping[str, MailLogEntry]) -> bool:
    """True if an email to this mailbox said that they have a place, or that one is held for them."""
    mails = [mail for mail_id in log if (mail := MailId.parse(mail_id)) and mail.attendee == attendee.key]
    return any(mail.kind in _SAYS_THAT_THERE_IS_A_PLACE and is_same_person(attendee, mail.generation) for mail in mails)
