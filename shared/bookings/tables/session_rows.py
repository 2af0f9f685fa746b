"""An administrator's row of the table `Sessions`: the session that it says, and the one that attendees know."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.bookings.model.session import BOOKABLE, Session, SessionState
from shared.bookings.tables.announced_cell import read_announced
from shared.bookings.tables.cells.hold_emails import HELD_SINCE, HOLD_EMAILS, holds_emails
from shared.bookings.tables.cells.visible_text import with_visible_text
from shared.bookings.tables.send_cell import SEND
from shared.bookings.tables.session_cells import SessionCells
from shared.installation.here import here
from shared.local_time import short_span
from shared.reminder_offsets import Offset
from shared.tables.table import Row, parse_moment

LOADED_PARTITION = "sessions"

WRITTEN_BY_PEOPLE = {
    "Date": "",
    "Time": "",
    "Capacity": "",
    "Minutes": "",
    "Title": "",
    "Theme": "",
    "Description": "",
    "Facilitator": "",
    "Programme": "",
    "Place": "",
    "Note": "",
    "JoinUrl": "",
    "FeedbackUrl": "",
    "State": "draft",
    "Reminders": "",
    "WaitingList": "yes",
}
ASKED_BY_PEOPLE = {SEND: "", HOLD_EMAILS: ""}
"""Written by people as well, and no part of what the session is."""

OVER = "Over"  # see `shared.bookings.tables.past_sessions`
WRITTEN_BY_SERVICE = ("Starts", "Confirmed", "Waiting", "Announced", "Seen", "Notice", "Problem", HELD_SINCE, OVER)


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One row of the schedule.

    `written` is what it says now, None where it has `problems`; `known` is what attendees know, None until someone
    was told; `unsettled_edit` is an edit that has not settled: its fingerprint, and when it was first seen (UTC).
    `announced_unreadable`: the cell `Announced` holds something that the service did not write, so that `known` is
    None, or what the register remembers. `starts_in_words` is when the session is, by its cells; "" where these do not
    say it. `on_hold`: another row has the same key, so that for now nothing that this one says is announced, and no
    place is given or freed by the timer.
    """

    row: Row
    written: Session | None
    problems: tuple[str, ...]
    known: Session | None
    unsettled_edit: tuple[str, datetime] | None
    announced_unreadable: bool = False
    starts_in_words: str = ""
    on_hold: bool = False

    @property
    def id(self) -> str:
        return self.row.key

    def is_over(self, now: datetime) -> bool:
        """True if the session is over at `now` (UTC), by what attendees were told and by what the row says."""
        both = [session for session in (self.session, self.written) if session is not None]
        return bool(both) and all(session.is_over(now) for session in both)

    @property
    def session(self) -> Session | None:
        """The session as it stands for everyone who books or has booked; None for a row that was never understood.

        Places, reminders and whether it takes bookings follow the row at once. What attendees were told stands until
        they are told otherwise. With a problem in the row, all of it goes on as it was last understood; but emails
        are held or not by their own cell.
        """
        found = self.written or self.known
        if self.written is not None and self.known is not None:
            found = _as_announced(self.written, self.known)
        return found if found is None else replace(found, holds_emails=holds_emails(self.row))


def _as_announced(written: Session, known: Session) -> Session:
    state = SessionState.CANCELLED if known.details.called_off else written.state
    if state not in BOOKABLE and not known.details.called_off:
        # Nobody may book from now on. It is called off when attendees are told, and none of them is forgotten.
        state = SessionState.CLOSED
    return Session(
        id=written.id,
        starts=known.starts,
        minutes=known.minutes,
        theme=known.theme,
        join_url=known.join_url,
        place=known.place,
        note=known.note,
        capacity=written.capacity,
        title=written.title,
        description=written.description,
        facilitator=written.facilitator,
        feedback_url=written.feedback_url,
        programme=written.programme,
        state=state,
        reminders=written.reminders,
        waiting_list=written.waiting_list,
        history=known.history,
        forgotten=known.forgotten,
        typed=None if written.details == known.details else written.details,
    )


def read_session_row(row: Row, reminders: tuple[Offset, ...]) -> SessionRow:
    """Reads a row, whatever stands in its cells. `reminders` are those of a session that names none."""
    cells = SessionCells(with_visible_text(row, WRITTEN_BY_PEOPLE))
    starts, minutes = cells.starts(), cells.minutes()
    written = _written(cells, starts, minutes, reminders)
    announced = row.text("Announced")
    known = _of_a_programme(read_announced(row.key, announced, reminders))
    unreadable = bool(announced) and known is None
    in_words = short_span(starts, starts + timedelta(minutes=minutes)) if starts and minutes else ""
    return SessionRow(row, written, tuple(cells.problems), known, _unsettled_edit(row), unreadable, in_words)


def _of_a_programme(known: Session | None) -> Session | None:
    """Returns the session, closed if its programme is gone: nobody may agree to the rules of another."""
    if known is None or here().programme(known.programme) is not None or known.state not in BOOKABLE:
        return known
    return replace(known, state=SessionState.CLOSED)


def session_among(rows: Sequence[SessionRow], remembered: Session | None) -> SessionRow:
    """The row that is the session, of one or more with the same RowKey, as when one PartitionKey is mistyped.

    It is the first of these:

    1. the row whose cell `Announced` goes with what attendees were told as it is `remembered` by the register;
    2. where none or several do: one that was announced before one that never was;
    3. then the one with the PartitionKey `sessions`, under which the schedule is loaded;
    4. then the one whose PartitionKey comes first.
    """
    return min(rows, key=lambda row: _rank(row, remembered))


def one_row_each(rows: Iterable[SessionRow], remembered: Callable[[str], Session | None]) -> list[SessionRow]:
    """The rows that are sessions, in their order; `remembered` is asked only for an id that several rows have."""
    by_id = rows_by_id(rows)
    return [
        found[0] if len(found) == 1 else session_among(found, remembered(session_id))
        for session_id, found in by_id.items()
    ]


def rows_by_id(rows: Iterable[SessionRow]) -> dict[str, list[SessionRow]]:
    """The rows by their RowKey, in their order."""
    found: dict[str, list[SessionRow]] = {}
    for row in rows:
        found.setdefault(row.id, []).append(row)
    return found


def _written(
    cells: SessionCells, starts: datetime | None, minutes: int | None, reminders: tuple[Offset, ...]
) -> Session | None:
    """The session that the cells say; None where one of them cannot be understood."""
    capacity = cells.capacity()
    state, offsets, waiting_list = cells.state(), cells.reminders(reminders), cells.waiting_list()
    title, theme, join_url = cells.title(), cells.theme(), cells.join_url()
    description, facilitator, programme = cells.description(), cells.facilitator(), cells.programme()
    place, note, feedback_url = cells.place(), cells.note(), cells.feedback_url()
    if cells.problems or starts is None:
        return None
    return Session(
        id=cells.row.key,
        starts=starts,
        minutes=minutes or here().session_minutes,
        capacity=capacity or 0,
        title=title or "",
        description=description or "",
        facilitator=facilitator or "",
        programme=programme or "",
        theme=theme or "",
        join_url=join_url or "",
        place=place or "",
        note=note or "",
        feedback_url=feedback_url or "",
        state=state or SessionState.DRAFT,
        reminders=offsets if offsets is not None else reminders,
        waiting_list=waiting_list is not False,
        holds_emails=holds_emails(cells.row),
    )


def _unsettled_edit(row: Row) -> tuple[str, datetime] | None:
    fingerprint, _, since = row.text("Seen").partition(" ")
    moment = parse_moment(since)
    return None if moment is None else (fingerprint, moment)


def _rank(row: SessionRow, remembered: Session | None) -> tuple[bool, bool, bool, str]:
    announced = None if row.announced_unreadable else row.known
    goes_with = announced is not None and remembered is not None and _agree(announced, remembered)
    partition = row.row.partition
    return not goes_with, announced is None, partition != LOADED_PARTITION, partition


def _agree(one: Session, other: Session) -> bool:
    """True if one history is the other, or the other with further versions after it."""
    return one.continues(other) or other.continues(one)
