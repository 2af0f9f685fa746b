"""Emails of a session that an administrator holds back by the cell `HoldEmails`: what its row says of them. Pure."""

from datetime import datetime, timedelta

from shared.bookings.model.session import AnnouncedDetails, Session
from shared.bookings.tables.cells.hold_emails import held_since, hold_problem
from shared.local_time import moment_in_words
from shared.tables.table import Row
from shared.wording.sentences import sentence

NAMED_AFTER = timedelta(days=1)
"""The time after which a hold is named in `Problem`, and so to the organiser: someone may have forgotten it."""


def is_held(session: Session | None, details: AnnouncedDetails) -> bool:
    """True if an edit to `details` waits until emails are not held any longer: a cancellation never does."""
    return session is not None and session.holds_emails and not details.called_off


def held_notice(edit: str, session: Session | None) -> str:
    """The text of the cell `Notice`: that of an edit, and that emails are held."""
    is_on = session is not None and session.holds_emails
    return " ".join(filter(None, [f"{edit}." if edit and is_on else edit, _HELD if is_on else ""]))


def held_problem(row: Row, now: datetime) -> str:
    """The problem of the cell, or that emails have been held for a day at `now` (UTC); "" if there is none."""
    since = held_since(row, now)
    if (unread := hold_problem(row)) or since is None or now - since < NAMED_AFTER:
        return unread
    return sentence("portal.session.held-long", since=moment_in_words(since))


_HELD = sentence("portal.session.held")
