"""Sessions and rosters in Table Storage: what is in a row, and which rows change together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any

from shared.bookings.model import Attendee, AttendeeState, Roster, Session, SessionState
from shared.bookings.reminders import Offset, parse_offsets
from shared.rows import MOST_WRITES, Row, Table, Write, moment_text
from shared.wallclock import instant, short

GUARD = "guard"  # the row of each roster whose ETag orders everything that takes or frees a place

_MINUTES = 75
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\n")


@dataclass(frozen=True, slots=True)
class BookingRepository:
    """The tables `Sessions` and `Bookings`. `reminders` are those of a session whose row names none."""

    sessions_table: Table
    bookings_table: Table
    reminders: tuple[Offset, ...]

    def session(self, session_id: str) -> Session | None:
        """The session with this row key, in whatever partition; None where there is none that can be understood."""
        rows = self.sessions_table.query(RowKey=session_id)
        return next(iter(self._understood(rows)), None)

    def sessions(self) -> list[Session]:
        """Every session whose row can be understood, earliest first."""
        return sorted(self._understood(self.sessions_table.query()), key=lambda session: (session.starts, session.id))

    def roster(self, session_id: str) -> Roster:
        rows = self.bookings_table.query(PartitionKey=session_id)
        guard = next((row.etag for row in rows if row.key == GUARD), "")
        return Roster(tuple(read_attendee(row) for row in rows if row.key != GUARD), guard)

    def attendee(self, session_id: str, key: str) -> Attendee | None:
        row = self.bookings_table.get(session_id, key)
        return None if row is None else read_attendee(row)

    def place(self, session: Session, guard: str, attendee: Attendee) -> tuple[str, Attendee]:
        """Writes the attendee and touches the guard, both or neither; returns the guard's ETag and the attendee.

        An attendee with an `etag` replaces that row. `guard` is the ETag that the decision rests on.

        Raises:
            RowConflictError: somebody took or freed a place since, or the row is there already.
            StorageUnavailableError: it is not known whether it was written.
        """
        touched = {"PartitionKey": session.id, "RowKey": GUARD, "TouchedAt": moment_text(attendee.booked_at)}
        cells = write_attendee(session, attendee)
        writes = [
            Write("merge", touched, guard) if guard else Write("create", touched),
            Write("replace", cells, attendee.etag) if attendee.etag else Write("create", cells),
        ]
        guard_now, attendee_now = self.bookings_table.apply(writes)
        return guard_now, replace(attendee, etag=attendee_now)

    def note_asked_again(self, session_id: str, attendee: Attendee, now: datetime) -> None:
        """Remembers that a person who has a place asked for one again, so that a mail can tell them.

        Raises:
            RowConflictError: the row changed since it was read.
        """
        cells = {"PartitionKey": session_id, "RowKey": attendee.key, "AskedAgainAt": moment_text(now)}
        self.bookings_table.merge(cells, attendee.etag)

    def note_mail(self, session_id: str, mail: Mapping[Attendee, str]) -> None:
        """Writes into each attendee's row, for people to read, which mails went out and which are due."""
        writes = [
            Write("merge", {"PartitionKey": session_id, "RowKey": attendee.key, "Mail": text}, attendee.etag)
            for attendee, text in mail.items()
        ]
        for start in range(0, len(writes), MOST_WRITES):
            self.bookings_table.apply(writes[start : start + MOST_WRITES])

    def _understood(self, rows: Iterable[Row]) -> list[Session]:
        return [session for row in rows if (session := read_session(row, self.reminders)) is not None]


def read_session(row: Row, reminders: tuple[Offset, ...]) -> Session | None:
    """The session that an administrator's row describes, or None where date, time, capacity or a word is unreadable."""
    try:
        starts = instant(_date(row.text("Date")), time.fromisoformat(row.text("Time")))
        offsets = parse_offsets(row.text("Reminders")) if row.text("Reminders") else reminders
        state = SessionState(row.text("State", "draft").casefold())
    except ValueError:
        return None
    capacity, minutes = row.whole("Capacity"), row.whole("Minutes")
    if capacity is None or capacity < 0:
        return None
    return Session(
        id=row.key,
        starts=starts,
        minutes=minutes if minutes and minutes > 0 else _MINUTES,
        capacity=capacity,
        title=row.text("Title"),
        theme=row.text("Theme"),
        join_url=row.text("JoinUrl"),
        state=state,
        reminders=offsets,
    )


def read_attendee(row: Row) -> Attendee:
    """The attendee in a row, an administrator's own among them: what is missing is empty."""
    return Attendee(
        key=row.key,
        reference=row.text("Reference"),
        state=_state(row.text("State")),
        name=row.text("Name"),
        email=row.text("Email"),
        adjustments=row.text("Adjustments"),
        share_adjustments=row.yes("ShareAdjustments", default=False),
        reminders=row.yes("Reminders", default=True),
        booked_at=row.moment("BookedAt") or datetime.min.replace(tzinfo=UTC),
        generation=row.whole("Generation") or 1,
        submission=row.text("SubmissionHash"),
        asked_again_at=row.moment("AskedAgainAt"),
        mail=row.text("Mail"),
        etag=row.etag,
    )


def write_attendee(session: Session, attendee: Attendee) -> dict[str, Any]:
    """The cells of an attendee's row, in words that administrators read."""
    return {
        "PartitionKey": session.id,
        "RowKey": attendee.key,
        "Reference": attendee.reference,
        "State": str(attendee.state),
        "Name": attendee.name,
        "Email": attendee.email,
        "Session": short(session.starts),
        "Adjustments": _not_a_formula(attendee.adjustments),
        "ShareAdjustments": _yes(attendee.share_adjustments),
        "Reminders": _yes(attendee.reminders),
        "BookedAt": moment_text(attendee.booked_at),
        "StateAt": moment_text(attendee.booked_at),
        "SubmissionHash": attendee.submission,
        "Generation": attendee.generation,
        "Mail": attendee.mail,
        "Problem": "",
    }


def _state(text: str) -> AttendeeState:
    try:
        return AttendeeState(text.casefold())
    except ValueError:
        # A word that is none of ours holds the place: giving it to somebody else could not be taken back.
        return AttendeeState.TO_CHECK


def _date(text: str) -> date:
    return date.fromisoformat(text[:10])


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _not_a_formula(text: str) -> str:
    # An exported roster is opened in a spreadsheet, where an apostrophe makes a cell text (OWASP, CSV injection).
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
