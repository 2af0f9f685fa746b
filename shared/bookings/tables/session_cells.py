"""The cells that administrators write into a session's row: each read tolerantly, or refused in words for a person."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time

from shared.bookings.model.session import SessionState
from shared.bookings.tables.announced_cell import (
    LINK_LENGTH,
    MAX_CAPACITY,
    MAX_MINUTES,
    REMINDERS_LENGTH,
    THEME_LENGTH,
    TITLE_LENGTH,
)
from shared.local_time import NoSuchTimeError, instant, is_ambiguous
from shared.reminder_offsets import Offset, parse_offsets
from shared.tables.table import Row
from shared.yes_no import parse_yes_no

DEFAULT_MINUTES = 75

_DECIMAL = re.compile(r"\d+\.\d")
_MIDNIGHTS = {"", "T00:00:00Z", "T00:00:00.000Z", " 00:00:00+00:00"}
_TIME_SHAPES = ("%H:%M", "%H:%M:%S", "%H.%M", "%I:%M%p", "%I%p", "%I:%M %p", "%I %p")


class _TooLongError(ValueError):
    """A cell has more characters than its `limit`."""

    def __init__(self, limit: int) -> None:
        super().__init__(limit)
        self.limit = limit


@dataclass(slots=True)
class SessionCells:
    """Reads the cells of one row. A cell that cannot be understood is None, and `problems` says what to write."""

    row: Row
    problems: list[str] = field(default_factory=list)

    def starts(self) -> datetime | None:
        """The start that `Date` and `Time` name, London time, in UTC."""
        day = self._read("Date", _day, "Write it as 2023-09-08.")
        at = self._read("Time", _time, "Write it as 15:00, in London time.")
        return None if day is None or at is None else self._instant(day, at)

    def capacity(self) -> int | None:
        return self._read("Capacity", _places, "Write the number of places, for example 12.")

    def minutes(self) -> int | None:
        return self._read("Minutes", _minutes, "Write how many minutes it lasts, for example 75.", str(DEFAULT_MINUTES))

    def title(self) -> str | None:
        return self._read("Title", lambda text: _at_most(text, TITLE_LENGTH), "")

    def theme(self) -> str | None:
        return self._read("Theme", lambda text: _at_most(text, THEME_LENGTH), "")

    def join_url(self) -> str | None:
        return self._read("JoinUrl", _link, "Write an address that begins with https://, or leave it empty.")

    def state(self) -> SessionState | None:
        return self._read("State", _state, "Write draft, open, closed or cancelled.", "draft")

    def reminders(self, default: tuple[Offset, ...]) -> tuple[Offset, ...] | None:
        return self._read("Reminders", lambda text: _offsets(text) if text else default, "Write P1D,PT1H or none.")

    def waiting_list(self) -> bool | None:
        return self._read("WaitingList", _yes_or_no, "Write yes or no.", "yes")

    def _read[T](self, name: str, parse: Callable[[str], T], wanted: str, default: str = "") -> T | None:
        text = self.row.text(name, default)
        try:
            return parse(text)
        except _TooLongError as error:
            self.problems.append(f"{name} is longer than {error.limit:,} characters. Shorten it.")
        except ValueError:
            shown = f'"{text[:40]}"' if text else "empty"
            self.problems.append(f"{name} is {shown}. {wanted}")
        return None

    def _instant(self, day: date, at: time) -> datetime | None:
        try:
            starts = instant(day, at)
        except NoSuchTimeError:
            self.problems.append(
                f"Time {at:%H:%M} does not exist on {day}: the clocks go forward over it. Choose another."
            )
            return None
        if is_ambiguous(day, at):
            self.problems.append(f"Time {at:%H:%M} comes twice on {day}: the clocks go back over it. Choose another.")
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
    return _within(int(text), 0, MAX_CAPACITY)


def _minutes(text: str) -> int:
    return _within(int(text), 1, MAX_MINUTES)


def _within(number: int, least: int, most: int) -> int:
    if not least <= number <= most:
        raise ValueError
    return number


def _at_most(text: str, limit: int) -> str:
    if len(text) > limit:
        raise _TooLongError(limit)
    return text


def _offsets(text: str) -> tuple[Offset, ...]:
    return parse_offsets(_at_most(text, REMINDERS_LENGTH))


def _state(text: str) -> SessionState:
    return SessionState({"canceled": "cancelled"}.get(text.casefold(), text.casefold()))


def _yes_or_no(text: str) -> bool:
    found = parse_yes_no(text)
    if found is None:
        raise ValueError
    return found


def _link(text: str) -> str:
    if text and not text.startswith("https://"):
        raise ValueError
    return _at_most(text, LINK_LENGTH)
