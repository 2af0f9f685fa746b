"""The rows of a roster: cells to an attendee and back, in words that administrators read."""

from datetime import UTC, datetime
from typing import Any

from shared.bookings.model.attendee import Attendee, AttendeeState, can_be_mailed
from shared.bookings.model.pending_release import PendingRelease
from shared.bookings.model.session import Session
from shared.local_time import short
from shared.tables.table import Row, moment_text

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\n")


def read_attendee(row: Row) -> Attendee:
    """The attendee in a row, an administrator's own among them: what is missing is empty."""
    return Attendee(
        key=row.key,
        reference=row.text("Reference"),
        state=_state(row),
        name=row.text("Name"),
        email=row.text("Email"),
        adjustments=_unescape_formula(row.text("Adjustments")),
        share_adjustments=row.boolean("ShareAdjustments", default=False),
        reminders=row.boolean("Reminders", default=True),
        booked_at=row.moment("BookedAt") or datetime(2000, 1, 1, tzinfo=UTC),
        generation=row.integer("Generation") or 1,
        submission=row.text("SubmissionHash"),
        asked_again_at=row.moment("AskedAgainAt"),
        mail=row.text("Mail"),
        etag=row.etag,
        state_at=row.moment("StateAt"),
        waiting_since=row.moment("WaitingSince"),
        needs_check=row.boolean("NeedsCheck", default=False),
        reason=row.text("Reason"),
        moved_from=row.text("MovedFrom"),
        pending_release=PendingRelease.parse(row.text("Releases")),
        known_state=row.text("KnownState"),
        known_email=row.text("KnownEmail"),
        problem=row.text("Problem"),
        cell_problems=_cell_problems(row),
    )


def write_attendee(session: Session, attendee: Attendee) -> dict[str, Any]:
    """Every cell of an attendee's row."""
    return {
        "PartitionKey": session.id,
        "RowKey": attendee.key,
        "Reference": attendee.reference,
        "Name": attendee.name,
        "Email": attendee.email,
        "Session": short(session.starts),
        "Adjustments": _escape_formula(attendee.adjustments),
        "ShareAdjustments": _yes(attendee.share_adjustments),
        "BookedAt": moment_text(attendee.booked_at),
        "WaitingSince": attendee.waiting_since.isoformat() if attendee.waiting_since else "",
        "SubmissionHash": attendee.submission,
        "MovedFrom": attendee.moved_from,
        **write_changes(session.id, attendee),
    }


def write_changes(session_id: str, attendee: Attendee) -> dict[str, Any]:
    """The cells that change while someone is on a roster; the others stay as they are."""
    return {
        "PartitionKey": session_id,
        "RowKey": attendee.key,
        "State": str(attendee.state),
        "StateAt": moment_text(attendee.state_at) if attendee.state_at else "",
        "Reason": attendee.reason,
        "NeedsCheck": _yes(attendee.needs_check),
        "Reminders": _yes(attendee.reminders),
        "Generation": attendee.generation,
        "Releases": str(attendee.pending_release or ""),
        "KnownState": attendee.known_state,
        "KnownEmail": attendee.known_email,
        "Mail": attendee.mail,
        "Problem": attendee.problem,
    }


def _state(row: Row) -> AttendeeState:
    # A word that is none of ours changes nothing; where nothing is known, it holds the place: giving that to someone
    # else could not be taken back.
    for text in (_word(row), row.text("KnownState"), "to-check"):
        if text in AttendeeState:
            return AttendeeState(text)
    return AttendeeState.TO_CHECK


def _word(row: Row) -> str:
    text = row.text("State").casefold()
    return {"canceled": "cancelled", "to check": "to-check"}.get(text, text)


def _cell_problems(row: Row) -> str:
    problems = []
    if _word(row) not in AttendeeState:
        shown = f'"{row.text("State")[:40]}"' if row.text("State") else "empty"
        problems.append(f"State was {shown}. Write confirmed, waiting, to-check or cancelled.")
    if not can_be_mailed(row.text("Email")):
        problems.append("Email is not one address, so no email can be sent.")
    return " ".join(problems)


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _unescape_formula(text: str) -> str:
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA_STARTS) else text


def _escape_formula(text: str) -> str:
    # An exported roster is opened in a spreadsheet, where an apostrophe makes a cell text (OWASP, CSV injection).
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
