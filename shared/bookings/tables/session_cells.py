"""The cells that administrators write into a session's row: each read tolerantly, or refused in words for a person."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time

from shared.bookings.model.session import SessionState
from shared.bookings.tables.announced_cell import LINK_LENGTH, MAX_CAPACITY, REMINDERS_LENGTH
from shared.bookings.tables.cells.dates import parse_day
from shared.bookings.tables.cells.links import parse_link
from shared.bookings.tables.cells.numbers import parse_number
from shared.bookings.tables.cells.problem import CellError, too_long
from shared.bookings.tables.cells.times import parse_time
from shared.bookings.tables.cells.visible_text import ascii_signs, one_line, shown
from shared.installation.here import here
from shared.local_time import NoSuchTimeError, instant, is_ambiguous
from shared.reminder_offsets import Offset, parse_offsets
from shared.tables.table import Row
from shared.wording.sentences import sentence
from shared.yes_no import parse_yes_no

_LENGTHS = {
    **dict.fromkeys(("Title", "Theme", "Description", "Place"), 200),
    "Note": 500,
    **dict.fromkeys(("JoinUrl", "FeedbackUrl"), LINK_LENGTH),
    "Reminders": REMINDERS_LENGTH,
}
_LENGTH = 100  # of every other cell
_LONGEST_SESSION = 1_440  # minutes: a day
_BETWEEN_OFFSETS = re.compile(r"[,;\s]+")
_NO_REMINDERS = {"none", "no", "never"}


@dataclass(slots=True)
class SessionCells:
    """Reads the cells of one row, whose text is visible text.

    A cell that cannot be understood is None, and `problems` says what to write.
    """

    row: Row
    problems: list[str] = field(default_factory=list)

    def starts(self) -> datetime | None:
        """The start that `Date` and `Time` name, in UTC."""
        day = self._read("Date", parse_day, sentence("portal.session.date"))
        at = self._read("Time", self._time, sentence("portal.session.time", clocks=here().clocks))
        return None if day is None or at is None else self._instant(day, at)

    def capacity(self) -> int | None:
        return self._read("Capacity", _places, sentence("portal.session.capacity"))

    def minutes(self) -> int | None:
        return self._read("Minutes", _minutes, sentence("portal.session.minutes"), str(here().session_minutes))

    def title(self) -> str | None:
        return self._read("Title", one_line, "")

    def theme(self) -> str | None:
        return self._read("Theme", one_line, "")

    def description(self) -> str | None:
        return self._read("Description", one_line, "")

    def facilitator(self) -> str | None:
        return self._read("Facilitator", one_line, "")

    def place(self) -> str | None:
        return self._read("Place", one_line, "")

    def note(self) -> str | None:
        return self._read("Note", one_line, "")

    def programme(self) -> str | None:
        names = [f'"{name}"' for name in here().programmes]
        return self._read("Programme", _programme, sentence("portal.session.programme", names=" or ".join(names)))

    def join_url(self) -> str | None:
        return self._read("JoinUrl", parse_link, sentence("portal.session.join-url"))

    def feedback_url(self) -> str | None:
        return self._read("FeedbackUrl", parse_link, sentence("portal.session.join-url"))

    def state(self) -> SessionState | None:
        return self._read("State", _state, sentence("portal.session.state"), "draft")

    def reminders(self, default: tuple[Offset, ...]) -> tuple[Offset, ...] | None:
        return self._read(
            "Reminders", lambda text: _offsets(text) if text else default, sentence("portal.session.reminders")
        )

    def waiting_list(self) -> bool | None:
        return self._read("WaitingList", _yes_or_no, sentence("portal.session.waiting-list"), "yes")

    def _read[T](self, name: str, parse: Callable[[str], T], wanted: str, default: str = "") -> T | None:
        text = self.row.text(name, default)
        if long := too_long(name, text, _LENGTHS.get(name, _LENGTH)):
            self.problems.append(long)
            return None
        try:
            return parse(text)
        except CellError as error:
            wanted = str(error)
        except ValueError:
            pass
        written = f'"{shown(text)}"' if text else sentence("portal.empty")
        self.problems.append(sentence("portal.session.cell", name=name, written=written, wanted=wanted).strip())
        return None

    def _time(self, text: str) -> time:
        value = self.row.cells.get("Time")
        if isinstance(value, float) and len(text) < 3:  # 15.0 is what an editor may make of 15.00, or of a slip
            raise ValueError("an hour alone, as a decimal number")
        return parse_time(text)

    def _instant(self, day: date, at: time) -> datetime | None:
        try:
            starts = instant(day, at)
        except NoSuchTimeError:
            self.problems.append(sentence("portal.time.left-out", time=f"{at:%H:%M}", day=day))
            return None
        if is_ambiguous(day, at):
            self.problems.append(sentence("portal.time.twice", time=f"{at:%H:%M}", day=day))
            return None
        return starts


def _places(text: str) -> int:
    return parse_number(text, 0, MAX_CAPACITY)


def _minutes(text: str) -> int:
    return parse_number(text, 1, _LONGEST_SESSION)


def _offsets(text: str) -> tuple[Offset, ...]:
    if text.casefold() in _NO_REMINDERS:
        return ()
    return parse_offsets(",".join(filter(None, _BETWEEN_OFFSETS.split(ascii_signs(text)))))


def _programme(text: str) -> str:
    found = here().programme(one_line(text))
    if found is None:
        raise ValueError("no such programme")
    return found


def _state(text: str) -> SessionState:
    return SessionState({"canceled": "cancelled"}.get(text.casefold(), text.casefold()))


def _yes_or_no(text: str) -> bool:
    found = parse_yes_no(text)
    if found is None:
        raise ValueError
    return found
