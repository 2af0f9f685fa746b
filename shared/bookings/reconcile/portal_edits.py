"""Edits that administrators make in the portal: each settles first, is previewed meanwhile, and is then announced."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from shared.bookings.model.attendee import Roster
from shared.bookings.model.session import (
    AnnouncedDetails,
    Session,
    SessionState,
    changes_in_words,
    with_first_announcement,
)
from shared.bookings.tables.announced_cell import announced_text
from shared.bookings.tables.session_rows import OVER, WRITTEN_BY_PEOPLE, WRITTEN_BY_SERVICE, SessionRow
from shared.local_time import clock_time
from shared.tables.table import moment_text

SETTLING_TIME = timedelta(minutes=15)
"""The time for which an edit has to stand unchanged: people type one cell at a time, and correct what they mistyped."""

URGENT_WITHIN = timedelta(hours=2)
"""This close to the start a joining link or a cancellation is told on the next run."""

_ANNOUNCED_UNREADABLE = (
    "The cell Announced cannot be read: only the service writes it. The session goes on by what the service remembers "
    "of it, else by this row. Leave the cell alone, or empty it if this text stays."
)


@dataclass(frozen=True, slots=True)
class RowChanges:
    """Cells to write into a session's row, and the session as it stands once they are written."""

    cells: Mapping[str, Any]
    session: Session | None


def reconcile_row(row: SessionRow, roster: Roster, now: datetime, problems: tuple[str, ...] = ()) -> RowChanges:
    """Settles what administrators wrote, and says what cannot be understood or is about to be told.

    Args:
        row: as read.
        roster: the session's, as it will be after this run.
        now: UTC.
        problems: what else is wrong with the row, in words.
    """
    people = sum(attendee.is_live for attendee in roster.attendees)
    session, cells = _settle(row, people, now)
    if row.announced_unreadable and session is not None and session.version:
        cells = {"Announced": announced_text(session)} | cells
    said = [*row.problems, *problems, *_row_problems(row, people, now)]
    cells |= {"Problem": " ".join(said), "Starts": row.starts_in_words}
    cells |= {"Confirmed": roster.held, "Waiting": len(roster.waiting), OVER: ""}
    defaults = WRITTEN_BY_PEOPLE | dict.fromkeys(WRITTEN_BY_SERVICE, "")
    missing = {name: value for name, value in defaults.items() if name not in row.row.cells}
    return RowChanges(missing | {name: value for name, value in cells.items() if _differs(row, name, value)}, session)


def _settle(row: SessionRow, people: int, now: datetime) -> tuple[Session | None, dict[str, Any]]:
    written, known = row.written, row.known
    quiet: dict[str, Any] = {"Seen": "", "Notice": ""}
    if written is None or row.session is None or _is_moved_into_past(row, now):
        return row.session, quiet
    if known is None:
        if written.state is SessionState.DRAFT:
            return written, quiet
        announced = with_first_announcement(written)
        return announced, quiet | {"Announced": announced_text(announced)}
    if written.details == known.details:
        return row.session, quiet | {"Announced": announced_text(row.session)}
    since = _seen_since(row, written.details, now)
    if people and now < since + _settling_time(written.details, known.details, now):
        return row.session, _preview_cells(row, written.details, known, people, since)
    state = SessionState.CLOSED if written.state is SessionState.DRAFT else written.state
    announced = replace(written, state=state, history=(*known.history, written.details), forgotten=known.forgotten)
    return announced, quiet | {"Announced": announced_text(announced)}


def _is_moved_into_past(row: SessionRow, now: datetime) -> bool:
    """True if a session that is still to come was moved into the past: that is a slip, not a change."""
    if row.written is None or row.known is None:
        return False
    return row.written.starts <= now < row.known.starts and not row.written.details.called_off


def _seen_since(row: SessionRow, details: AnnouncedDetails, now: datetime) -> datetime:
    return (
        row.unsettled_edit[1]
        if row.unsettled_edit is not None and row.unsettled_edit[0] == _fingerprint(details)
        else now
    )


def _settling_time(after: AnnouncedDetails, before: AnnouncedDetails, now: datetime) -> timedelta:
    urgent = after.called_off or after.join_url != before.join_url
    soon = min(after.starts, before.starts) - now <= URGENT_WITHIN
    return timedelta() if urgent and soon else SETTLING_TIME


def _preview_cells(
    row: SessionRow, details: AnnouncedDetails, known: Session, people: int, since: datetime
) -> dict[str, Any]:
    what = "; ".join(changes_in_words(known.details, details))
    who = "1 person" if people == 1 else f"{people} people"
    return {
        "Seen": f"{_fingerprint(details)} {moment_text(since)}",
        "Notice": f"{who} will be emailed at {clock_time(since + SETTLING_TIME)}: {what}",
        "Announced": announced_text(row.session or known),
    }


def _fingerprint(details: AnnouncedDetails) -> str:
    return hashlib.sha256(repr(details).encode()).hexdigest()[:16]


def _row_problems(row: SessionRow, people: int, now: datetime) -> list[str]:
    found = [_ANNOUNCED_UNREADABLE] if row.announced_unreadable else []
    if _is_moved_into_past(row, now):
        found.append(
            "Date and Time are in the past. Write when the session is, or cancelled into State to call it off."
        )
    elif people and row.written is not None and row.written.state is SessionState.DRAFT:
        kept = f"State is draft, but {people} have booked, and they keep their places."
        found.append(f"{kept} Write closed to take no more bookings, or cancelled to call it off.")
    return found


def _differs(row: SessionRow, name: str, value: Any) -> bool:
    return name not in row.row.cells or row.row.text(name) != str(value).strip()
