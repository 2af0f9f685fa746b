"""The rows of a roster: cells to an attendee and back, in words that administrators read."""

from datetime import UTC, datetime
from typing import Any

from shared.bookings.model.attendee import Attendee
from shared.bookings.model.pending_move import PendingMove
from shared.bookings.model.pending_release import PendingRelease
from shared.bookings.model.session import Session
from shared.bookings.tables.attendee_cells import (
    adjustments,
    cell_problems,
    email,
    escape_formula,
    name,
    short_text,
    state,
    with_readable_cells,
)
from shared.local_time import short
from shared.tables.table import Row, is_key, moment_text

NEVER_ACTED = "not yet"
"""The text of `ActedAt` until someone presses a button behind the link in the row's emails."""


def read_attendee(row: Row) -> Attendee:
    """The attendee in a row, an administrator's own among them: what is missing is empty.

    A row without `AddressSince` was written before there was that column: only links of its own generation open it.
    One without `ActedAt` was, too, or a person typed it: nobody has to prove its address.
    """
    row = with_readable_cells(row)
    since, generation = max(row.integer("AddressSince") or 0, 0), max(row.integer("Generation") or 1, 1)
    return Attendee(
        key=row.key,
        reference=short_text(row, "Reference"),
        state=state(row),
        name=name(row),
        email=email(row),
        adjustments=adjustments(row),
        share_adjustments=row.boolean("ShareAdjustments", default=False),
        reminders=row.boolean("Reminders", default=True),
        booked_at=row.moment("BookedAt") or datetime(2000, 1, 1, tzinfo=UTC),
        # Never before the address: a cell that someone emptied must not let the links to an earlier address in.
        generation=max(since, generation),
        address_since=since or generation,
        submission=row.text("SubmissionHash"),
        asked_again_at=row.moment("AskedAgainAt"),
        asked_by_other_name=row.boolean("AskedAgainOtherName", default=False),
        needs_changed_at=row.moment("NeedsChangedAt"),
        mail=row.text("Mail"),
        etag=row.etag,
        state_at=row.moment("StateAt"),
        waiting_since=row.moment("WaitingSince"),
        needs_check=row.boolean("NeedsCheck", default=False),
        never_acted=row.text("ActedAt") == NEVER_ACTED,
        acted_at=row.moment("ActedAt"),
        reason=row.text("Reason"),
        moved_from=row.text("MovedFrom"),
        pending_release=_pending_release(row),
        moving=_moving(row),
        moved_to=row.text("MovedTo"),
        known_state=row.text("KnownState"),
        known_email=row.text("KnownEmail"),
        problem=row.text("Problem"),
        cell_problems=cell_problems(row),
        position=row.text("Position"),
        send_again=short_text(row, "SendAgain"),
    )


def write_attendee(session: Session, attendee: Attendee) -> dict[str, Any]:
    """Every cell of an attendee's row."""
    return {
        "PartitionKey": session.id,
        "RowKey": attendee.key,
        "Email": attendee.email,
        "Session": short(session.starts),
        "BookedAt": moment_text(attendee.booked_at),
        "SubmissionHash": attendee.submission,
        "MovedFrom": attendee.moved_from,
        **write_details(session.id, attendee),
        **write_changes(session.id, attendee),
    }


def write_details(session_id: str, attendee: Attendee) -> dict[str, Any]:
    """The cells that people can change in their own booking, and when they first did."""
    return {
        "PartitionKey": session_id,
        "RowKey": attendee.key,
        "Name": attendee.name,
        "Adjustments": escape_formula(attendee.adjustments),
        "ShareAdjustments": _yes(attendee.share_adjustments),
        "Reminders": _yes(attendee.reminders),
        "ActedAt": _acted_at(attendee),
        "NeedsChangedAt": moment_text(attendee.needs_changed_at) if attendee.needs_changed_at else "",
    }


def write_repeat_request(session_id: str, attendee: Attendee) -> dict[str, Any]:
    """The cells that say when someone asked again with the address of this booking, and if by another name."""
    return {
        "PartitionKey": session_id,
        "RowKey": attendee.key,
        "Email": attendee.email,
        "AskedAgainAt": moment_text(attendee.asked_again_at) if attendee.asked_again_at else "",
        "AskedAgainOtherName": _yes(attendee.asked_by_other_name),
    }


def write_changes(session_id: str, attendee: Attendee) -> dict[str, Any]:
    """The cells that change while someone is on a roster; the others stay as they are."""
    return {
        "PartitionKey": session_id,
        "RowKey": attendee.key,
        "Reference": attendee.reference,
        "State": str(attendee.state),
        "StateAt": moment_text(attendee.state_at) if attendee.state_at else "",
        "WaitingSince": attendee.waiting_since.isoformat() if attendee.waiting_since else "",
        "Position": attendee.position,
        "SendAgain": attendee.send_again,
        "Reason": attendee.reason,
        "NeedsCheck": _yes(attendee.needs_check),
        "ActedAt": _acted_at(attendee),
        "Reminders": _yes(attendee.reminders),
        "Generation": attendee.generation,
        "AddressSince": attendee.address_since,
        "Releases": str(attendee.pending_release or ""),
        "Moving": str(attendee.moving or ""),
        "MovedTo": attendee.moved_to,
        "KnownState": attendee.known_state,
        "KnownEmail": attendee.known_email,
        "Mail": attendee.mail,
        "Problem": attendee.problem,
    }


def _pending_release(row: Row) -> PendingRelease | None:
    found = PendingRelease.parse(row.text("Releases"))
    # Typed by someone it may name what no row can be called, and storage refuses to look for it.
    return found if found is not None and is_key(found.key) and is_key(found.session_id) else None


def _moving(row: Row) -> PendingMove | None:
    move = PendingMove.parse(row.text("Moving"))
    return move if move is not None and is_key(move.session_id) else None


def _acted_at(attendee: Attendee) -> str:
    if attendee.never_acted:
        return NEVER_ACTED
    return moment_text(attendee.acted_at) if attendee.acted_at else ""


def _yes(value: bool) -> str:
    return "yes" if value else "no"
