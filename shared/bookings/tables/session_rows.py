"""An administrator's row of the table `Sessions`: read tolerantly, and what cannot be understood said in words."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from shared.bookings.model.session import Session, SessionState
from shared.bookings.tables.announced_cell import read_announced
from shared.local_time import NoSuchTimeError, instant, is_ambiguous
from shared.reminder_offsets import Offset, parse_offsets
from shared.tables.table import Row

DEFAULT_MINUTES = 75
WRITTEN_BY_PEOPLE = {
    "Date": "",
    "Time": "",
    "Capacity": "",
    "Minutes": DEFAULT_MINUTES,
    "Title": "",
    "Theme": "",
    "JoinUrl": "",
    "State": "draft",
    "Reminders": "",
    "WaitingList": "yes",
}
WRITTEN_BY_SERVICE = ("Confirmed", "Waiting", "Announced", "Seen", "Notice", "Problem")
_WORDS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
_DECIMAL = re.compile(r"\d+\.\d")
_MIDNIGHTS = {"", "T00:00:00Z", "T00:00:00.000Z", " 00:00:00+00:00"}
_TIME_SHAPES = ("%H:%M", "%H:%M:%S", "%H.%M", "%I:%M%p", "%I%p", "%I:%M %p", "%I %p")


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One row of the schedule.

    `written` is what it says now, None where it has `problems`; `known` is what attendees know, None until somebody
    was told; `unsettled_edit` is an edit that has not settled: its fingerprint, and when it was first seen (UTC).
    """

    row: Row
    written: Session | None
    problems: tuple[str, ...]
    known: Session | None
    unsettled_edit: tuple[str, datetime] | None

    @property
    def id(self) -> str:
        return self.row.key

    @property
    def session(self) -> Session | None:
        """The session as it stands for everybody who books or has booked; None for a row that was never understood.

        Places, reminders and whether it takes bookings follow the row at once. What attendees were told stands until
        they are told otherwise. With a problem in the row, all of it goes on as it was last understood.
        """
        if self.written is None or self.known is None:
            return self.written or self.known
        return _as_announced(self.written, self.known)


def _as_announced(written: Session, known: Session) -> Session:
    state = SessionState.CANCELLED if known.details.called_off else written.state
    if state is not SessionState.OPEN and not known.details.called_off:
        # Nobody may book from now on. It is called off when attendees are told, and none of them is forgotten.
        state = SessionState.CLOSED
    return Session(
        id=written.id,
        starts=known.starts,
        minutes=known.minutes,
        theme=known.theme,
        join_url=known.join_url,
        capacity=written.capacity,
        title=written.title,
        state=state,
        reminders=written.reminders,
        waiting_list=written.waiting_list,
        history=known.history,
    )


def read_session_row(row: Row, reminders: tuple[Offset, ...]) -> SessionRow:
    """Reads a row. `reminders` are those of a session that names none."""
    problems: list[str] = []

    def cell[T](name: str, read: Callable[[str], T], wanted: str, default: str = "") -> T | None:
        text = row.text(name, default)
        try:
            return read(text)
        except (ValueError, TypeError):
            shown = f'"{text[:40]}"' if text else "empty"
            problems.append(f"{name} is {shown}. {wanted}")
            return None

    day = cell("Date", _day, "Write it as 2023-09-08.")
    at = cell("Time", _time, "Write it as 15:00, in London time.")
    capacity = cell("Capacity", _places, "Write the number of places, for example 12.")
    minutes = cell("Minutes", _minutes, "Write how many minutes it lasts, for example 75.", str(DEFAULT_MINUTES))
    state = cell("State", _state, "Write draft, open, closed or cancelled.", "draft")
    offsets = cell("Reminders", lambda text: parse_offsets(text) if text else reminders, "Write P1D,PT1H or none.")
    waiting = cell("WaitingList", _yes_or_no, "Write yes or no.", "yes")
    link = cell("JoinUrl", _link, "Write an address that begins with https://, or leave it empty.")
    starts = _starts(day, at, problems)
    written = None
    if not problems and starts is not None:
        written = Session(
            id=row.key,
            starts=starts,
            minutes=minutes or DEFAULT_MINUTES,
            capacity=capacity or 0,
            title=row.text("Title"),
            theme=row.text("Theme"),
            join_url=link or "",
            state=state or SessionState.DRAFT,
            reminders=offsets if offsets is not None else reminders,
            waiting_list=waiting is not False,
        )
    return SessionRow(
        row, written, tuple(problems), read_announced(row.key, row.text("Announced"), reminders), _unsettled_edit(row)
    )


def _starts(day: date | None, at: time | None, problems: list[str]) -> datetime | None:
    if day is None or at is None:
        return None
    try:
        starts = instant(day, at)
    except NoSuchTimeError:
        problems.append(f"Time {at:%H:%M} does not exist on {day}: the clocks go forward over it. Choose another.")
        return None
    if is_ambiguous(day, at):
        problems.append(f"Time {at:%H:%M} comes twice on {day}: the clocks go back over it. Choose another.")
        return None
    return starts


def _day(text: str) -> date:
    # Only the one order: 8/9/2023 is another day to a colleague from elsewhere. An editor may add a midnight.
    day = date.fromisoformat(text[:10]) if text[10:] in _MIDNIGHTS else date.fromisoformat(text)
    if not 2000 <= day.year < 2100:  # a slip of the keyboard, and arithmetic at the ends of time fails
        raise ValueError
    return day


def _time(text: str) -> time:
    if _DECIMAL.fullmatch(text):  # 15.3 is what an editor makes of 15.30, and nobody knows any more which it was
        raise ValueError
    for shape in _TIME_SHAPES:
        try:
            return datetime.strptime(text.upper(), shape).time()  # noqa: DTZ007  # a clock time of no day
        except ValueError:
            continue
    raise ValueError


def _places(text: str) -> int:
    return _at_least(int(text), 0)


def _minutes(text: str) -> int:
    return _at_least(int(text), 1)


def _at_least(number: int, least: int) -> int:
    if not least <= number <= 10_000:
        raise ValueError
    return number


def _state(text: str) -> SessionState:
    return SessionState({"canceled": "cancelled"}.get(text.casefold(), text.casefold()))


def _yes_or_no(text: str) -> bool:
    if text.casefold() not in _WORDS:
        raise ValueError
    return _WORDS[text.casefold()]


def _link(text: str) -> str:
    if text and not text.startswith("https://"):
        raise ValueError
    return text


def _unsettled_edit(row: Row) -> tuple[str, datetime] | None:
    fingerprint, _, since = row.text("Seen").partition(" ")
    try:
        return (fingerprint, _moment(since)) if since else None
    except ValueError:
        return None


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
