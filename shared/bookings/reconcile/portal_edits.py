"""Edits that administrators make in the portal: each settles first, is previewed meanwhile, and is then announced."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from shared.bookings.model.announcement_rules import announceable, is_start_too_late, told_at
from shared.bookings.model.attendee import Roster
from shared.bookings.model.session import AnnouncedDetails, Session, SessionState, with_first_announcement
from shared.bookings.reconcile.edit_notice import edit_notice, recipients
from shared.bookings.reconcile.overbooked import overbooked_problems
from shared.bookings.reconcile.requests.held_emails import held_notice, held_problem, is_held
from shared.bookings.tables.announced_cell import announced_text
from shared.bookings.tables.cells.hold_emails import HELD_SINCE, held_since_text
from shared.bookings.tables.send_cell import SEND, send_problem
from shared.bookings.tables.session_rows import (
    ASKED_BY_PEOPLE,
    OVER,
    WRITTEN_BY_PEOPLE,
    WRITTEN_BY_SERVICE,
    SessionRow,
)
from shared.installation.here import here
from shared.local_time import moment_in_words
from shared.tables.table import moment_text
from shared.wording.sentences import sentence

NO_COLUMNS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class RowChanges:
    """Cells to write into a session's row, and the session as it stands once they are written."""

    cells: Mapping[str, Any]
    session: Session | None


def reconcile_row(
    row: SessionRow,
    roster: Roster,
    now: datetime,
    problems: tuple[str, ...] = (),
    further_columns: Mapping[str, str] = NO_COLUMNS,
) -> RowChanges:
    """Settles what administrators wrote, and says what cannot be understood or is about to be told.

    Args:
        row: as read.
        roster: the session's, as it will be after this run.
        now: UTC.
        problems: what else is wrong with the row, in words.
        further_columns: those that this installation has besides, each with the text of a new row.
    """
    people = sum(attendee.is_live for attendee in roster.attendees)
    session, cells = _settle(row, roster, people, now)
    if row.announced_unreadable and session is not None and session.version:
        cells = {"Announced": announced_text(session)} | cells
    said = [*row.problems, *problems, *_row_problems(row, people, now), *overbooked_problems(row.session, roster)]
    said += [send_problem(row.row.text(SEND)), held_problem(row.row, now)]
    cells |= {"Problem": " ".join(filter(None, said)), "Starts": row.starts_in_words}
    cells |= {"Notice": held_notice(cells["Notice"], row.session), HELD_SINCE: held_since_text(row.row, now)}
    cells |= {"Confirmed": roster.held, "Waiting": len(roster.waiting), OVER: ""}
    by_people = WRITTEN_BY_PEOPLE | {"Minutes": here().session_minutes} | ASKED_BY_PEOPLE
    defaults = by_people | dict(further_columns) | dict.fromkeys(WRITTEN_BY_SERVICE, "")
    missing = {name: value for name, value in defaults.items() if name not in row.row.cells}
    return RowChanges(missing | {name: value for name, value in cells.items() if _differs(row, name, value)}, session)


def _settle(row: SessionRow, roster: Roster, people: int, now: datetime) -> tuple[Session | None, dict[str, Any]]:
    written, known = row.written, row.known
    quiet: dict[str, Any] = {"Seen": "", "Notice": ""}
    if written is None or row.session is None:
        return row.session, quiet
    if known is None:
        if written.state is SessionState.DRAFT:
            return written, quiet
        announced = with_first_announcement(written)
        return announced, quiet | {"Announced": announced_text(announced)}
    details = announceable(written.details, known.details, now) if _keeps_start(row, people, now) else written.details
    if row.on_hold or details == known.details:
        return row.session, quiet | {"Announced": announced_text(row.session)}
    since = _seen_since(row, details, now)
    told = recipients(roster, details, known.details)
    if told and (is_held(row.session, details) or now < told_at(details, known.details, since)):
        return row.session, _preview_cells(row, roster, details, known, since)
    announced = replace(_announced(written, known), starts=details.starts, history=(*known.history, details))
    return announced, quiet | {"Announced": announced_text(announced)}


def _announced(written: Session, known: Session) -> Session:
    state = SessionState.CLOSED if written.state is SessionState.DRAFT else written.state
    return replace(written, state=state, forgotten=known.forgotten)


def _keeps_start(row: SessionRow, people: int, now: datetime) -> bool:
    """True if the start stays as announced: an edit of it is a slip, or comes too late for those who have booked."""
    if row.written is None or row.known is None or not (people or now < row.known.starts):
        return False
    return is_start_too_late(row.written.details, row.known.details, now)


def _seen_since(row: SessionRow, details: AnnouncedDetails, now: datetime) -> datetime:
    """The moment at which the edit was first seen; `now` where that was by a clock that was ahead."""
    fingerprint, since = row.unsettled_edit or ("", now)
    return min(since, now) if fingerprint == _fingerprint(details) else now


def _preview_cells(
    row: SessionRow, roster: Roster, details: AnnouncedDetails, known: Session, since: datetime
) -> dict[str, Any]:
    return {
        "Seen": f"{_fingerprint(details)} {moment_text(since)}",
        "Notice": edit_notice(roster, details, known.details, since, held=is_held(row.session, details)),
        "Announced": announced_text(row.session or known),
    }


def _fingerprint(details: AnnouncedDetails) -> str:
    return hashlib.sha256(repr(details).encode()).hexdigest()[:16]


def _row_problems(row: SessionRow, people: int, now: datetime) -> list[str]:
    found: list[str] = [sentence("portal.session.announced-unreadable")] if row.announced_unreadable else []
    slip = _start_problem(row, people, now)
    if slip:
        found.append(slip)
    elif people and row.written is not None and row.written.state is SessionState.DRAFT:
        found.append(sentence("portal.session.draft-with-bookings", number=people))
    return found


def _start_problem(row: SessionRow, people: int, now: datetime) -> str:
    if row.written is None or row.known is None or row.written.details.called_off:
        return ""
    if not _keeps_start(row, people, now):
        return ""
    known = moment_in_words(row.known.starts)
    if now < row.known.starts:
        return sentence("portal.session.past-start", known=known)
    return sentence("portal.session.late-start", known=known)


def _differs(row: SessionRow, name: str, value: Any) -> bool:
    return name not in row.row.cells or row.row.text(name) != str(value).strip()
