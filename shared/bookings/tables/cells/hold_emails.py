"""The cell `HoldEmails` of a session's row: while an administrator has `yes` in it, updates and reminders wait."""

from datetime import datetime

from shared.bookings.tables.cells.problem import too_long
from shared.bookings.tables.cells.visible_text import one_line, shown
from shared.tables.table import Row, moment_text
from shared.wording.sentences import sentence
from shared.yes_no import parse_yes_no

HOLD_EMAILS = "HoldEmails"
HELD_SINCE = "HeldSince"
"""The cell of the service that says since when (UTC); empty while nothing is held."""

_LENGTH = 100


def holds_emails(row: Row) -> bool:
    """True if updates and reminders wait. A text that cannot be read leaves it as it was."""
    said = _read(row.text(HOLD_EMAILS))
    return bool(row.text(HELD_SINCE)) if said is None else said


def hold_problem(row: Row) -> str:
    """Returns the sentence about a text that is neither yes nor no; "" for any other."""
    text = row.text(HOLD_EMAILS)
    if _read(text) is not None:
        return ""
    return too_long(HOLD_EMAILS, text, _LENGTH) or sentence("portal.session.hold-unknown", text=shown(text))


def held_since(row: Row, now: datetime) -> datetime | None:
    """The moment (UTC) since which they wait, `now` where this is the first run that sees it; None if they do not.

    One that is still to come was written by a clock that was ahead.
    """
    return min(row.moment(HELD_SINCE) or now, now) if holds_emails(row) else None


def held_since_text(row: Row, now: datetime) -> str:
    since = held_since(row, now)
    return moment_text(since) if since else ""


def _read(text: str) -> bool | None:
    """The meaning of the text; None for one that is too long, or neither yes nor no."""
    if len(text) > _LENGTH:
        return None
    return parse_yes_no(one_line(text) or "no")
