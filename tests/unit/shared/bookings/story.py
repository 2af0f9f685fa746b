"""A life in sentences, so that one in which a promise was broken can be read."""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.local_time import short
from tests.unit.shared.bookings.every_cell import shown
from tests.unit.shared.bookings.late_edits import LateEdit

BY_NUMBER = {"cancel", "move", "prove", "remind", "edit an attendee", "type into a booking", "open a row"} | {
    "delete an attendee"
}
"""Events whose first number chooses among the bookings that there are at that moment."""

_FAULTS = {
    "lost-request": "does not arrive",
    "lost-answer": "is done, and its answer is lost",
    "own-conflict": "is made twice, and meets itself",
    "crash-before": "is not made any more: the process dies",
    "crash-after": "is the last: the process dies",
    "throttled": "is refused for now",
}
_MEANWHILE = {
    "book": "someone books",
    "cancel": "someone cancels",
    "move": "someone moves",
    "tick": "the timer runs",
    "places": "the administrator writes another Capacity",
    "call off": "the administrator calls a session off",
    "time": "the administrator writes another Time",
    "type": "the administrator writes into a booking",
}


def _cells(cells: Mapping[str, Any]) -> str:
    return " and ".join(f"{shown(value)} into {name}" for name, value in cells.items())


def _late(name: str, before: int, edit: LateEdit) -> str:
    return f"{name.title()} books what comes next, and {before} minutes before it the administrator makes {edit}"


_SENTENCES: Mapping[str, Callable[..., str]] = {
    "book": lambda name, to, waits: f"{name.title()} books {to}{', or waits' if waits else ''}",
    "book without an id": lambda name, to: f"{name.title()} books {to} without an id of the form",
    "ask everywhere": lambda name: f"{name.title()} asks for every session twice",
    "send the same form again": lambda number: f"the form of {number + 1} before comes again",
    "cancel": lambda who: f"{who} is cancelled by its link",
    "cancel by an old link": lambda number: f"old link {number} is used to cancel",
    "move": lambda who, to: f"{who} is moved to {to}",
    "prove": lambda who: f"the button behind the link of {who} is pressed",
    "report": lambda number, status: f"the email service reports {status} of email {number + 1} before",
    "all comes back": lambda: "all emails of the last hour come back",
    "remind": lambda who, on: f"{who} has reminders turned {'on' if on else 'off'}",
    "edit a session": lambda to, cells: f"the administrator writes {_cells(cells)} of {to}",
    "move a session": lambda to, days: f"the administrator moves {to} to {days} days from now",
    "edit late": _late,
    "mistype": lambda to, cells: f"the administrator writes {_cells(cells)} of {to}",
    "mend": lambda to, days: f"the administrator mends {to}, {days} days from now",
    "delete a session": lambda to: f"the administrator deletes {to}",
    "put a session back": lambda to, days: f"the administrator adds {to} again, {days} days from now",
    "edit an attendee": lambda who, cells: f"the administrator writes {_cells(cells)} of {who}",
    "type into a session": lambda to, cells: f"the administrator writes {_cells(cells)} of {to}",
    "type into a booking": lambda who, cells: f"the administrator writes {_cells(cells)} of {who}",
    "type into a guard": lambda to, cells: f"the administrator writes {_cells(cells)} of the guard of {to}",
    "open a row": lambda who: f"the administrator opens {who}",
    "save a row as it was opened": lambda _: "the administrator saves a row as it was opened",
    "delete an attendee": lambda who: f"the administrator deletes {who}",
    "add an attendee": lambda to, name, state, _: (
        f"the administrator adds {name.title()} to {to}{f' as {state}' if state else ''}"
    ),
    "tick": lambda minutes: f"{minutes} minutes later the timer runs",
    "time passes": lambda hours: f"{hours} hours pass",
    "it is nearly time": lambda to, before: f"{before} minutes before {to} the timer runs",
    "the clock jumps": lambda hours, runs: f"the clock jumps by {hours} hours for {runs} runs of the timer",
}


def sentence(event: str, arguments: tuple[Any, ...], who: str, accident: tuple[Any, ...]) -> str:
    """What happens, and what goes wrong with it; `who` is the booking that the number of the event chooses."""
    given = (who, *arguments[1:]) if event in BY_NUMBER else arguments
    return _SENTENCES[event](*given) + _accident(accident)


def _accident(accident: tuple[Any, ...]) -> str:
    match accident:
        case ("table", at, fault):
            return f" (request {at + 1} to storage {_FAULTS[fault]})"
        case ("mail", at, fault):
            return f" (request {at + 1} to the email service {_FAULTS[fault]})"
        case ("meanwhile", at, what, _):
            return f" (before request {at + 1} to storage {_MEANWHILE[what]} in another process)"
        case _:
            return ""


@dataclass
class Story:
    """What happened so far, one sentence each. `is_over` once a promise was broken: nothing of what follows counts."""

    sentences: list[str] = field(default_factory=list)
    is_over: bool = False

    def begin(self, now: datetime, places: int, times: Mapping[str, str]) -> None:
        starts = ", ".join(f"{session} {at}" for session, at in times.items())
        self.sentences.append(f"it is {short(now)}; there are {starts}, of {places} each")

    @contextmanager
    def told(self) -> Generator[None]:
        """Whatever the body raises has the story as a note."""
        try:
            yield
        except Exception as error:
            self.is_over = True
            error.add_note(str(self))
            raise

    def __str__(self) -> str:
        return "The life in which it happened:\n" + "\n".join(
            f"  {number}. {each}" for number, each in enumerate(self.sentences, 1)
        )
