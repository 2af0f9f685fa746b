"""The cells "You do" and "Then do" of the guide: what an administrator or a person does, and when."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.admin_guide import quoted
from tests.builders import london
from tests.e2e.admin_guide.phrases import Phrases, UnknownPhraseError, sentences
from tests.e2e.admin_guide.stage import Stage

type Step = Callable[[Stage], object]

STEPS: Phrases[Step] = Phrases()
RUN_INTERVAL = timedelta(minutes=5, seconds=10)
"""Time between two runs in a trial: a little more than in Azure, so that 15 minutes are over after three of them."""

_NUMBERS = {"a": 1, "an": 1}
_LATER = re.compile(r"(?P<number>an?|\d+) (?P<unit>minute|hour|day)s? later (?P<rest>.+)")
_ON = re.compile(r"[Oo]n (?P<day>\d+) September at (?P<clock>[\d:]+[ap]m) (?P<rest>.+)")


@dataclass(frozen=True, slots=True)
class TimedStep:
    at: datetime
    act: Step


def steps_of(cell: str, begins: datetime) -> list[TimedStep]:
    """The steps of a cell, one after the other, the first at `begins` unless it says when.

    Raises:
        UnknownPhraseError: one of them cannot be tried.
    """
    found: list[TimedStep] = []
    at = begins
    for text in sentences(cell, "; "):
        at, rest = _timed(text, at)
        found.append(TimedStep(at, STEPS.understand(rest)))
    return found


def moment(day: str, clock: str) -> datetime:
    """A moment in September 2023, as the guide writes it: `8`, `12:30pm`."""
    found = re.fullmatch(r"(\d+)(?::(\d\d))?([ap])m", clock)
    if found is None:
        raise UnknownPhraseError(f"{clock!r} is no time of day")
    hour = int(found[1]) % 12 + (12 if found[3] == "p" else 0)
    return london(f"2023-09-{int(day):02} {hour:02}:{found[2] or '00'}")


def length_of(number: str, unit: str) -> timedelta:
    """The time that a text names."""
    return timedelta(**{f"{unit}s": float(_NUMBERS.get(number) or number)})


def run_after(length: timedelta) -> timedelta:
    """The first run when that time is over; hours and days are not counted in runs."""
    return length if length >= timedelta(hours=1) else -(-length // timedelta(minutes=5)) * RUN_INTERVAL


def _timed(text: str, at: datetime) -> tuple[datetime, str]:
    if (later := _LATER.fullmatch(text)) is not None:
        return at + run_after(length_of(later["number"], later["unit"])), later["rest"]
    if (on := _ON.fullmatch(text)) is not None:
        return moment(on["day"], on["clock"]), on["rest"]
    return at, text


@STEPS.saying(r"do nothing(?:: the next run writes it again| if the state is right, because it was not changed)?")
def _nothing() -> Step:
    return lambda stage: None


# A session.


@STEPS.saying(r"write `([^`]*)` into `(\w+)`(?: of the session that Ann had booked)?")
def _write(text: str, column: str) -> Step:
    return lambda stage: stage.write(**{column: text})


@STEPS.saying(r"write `([^`]*)` into `(\w+)` and `([^`]*)` into `(\w+)`")
def _write_two(text: str, column: str, other: str, column_of_other: str) -> Step:
    return lambda stage: stage.write(**{column: text, column_of_other: other})


@STEPS.saying(r"write ([\d,]+) letters into `(\w+)`")
def _write_long(number: str, column: str) -> Step:
    return lambda stage: stage.write(**{column: "x" * int(number.replace(",", ""))})


@STEPS.saying(r"empty ((?:`\w+`(?:, | and )?)+)")
def _empty(columns: str) -> Step:
    return lambda stage: stage.write(**dict.fromkeys(quoted(columns), ""))


@STEPS.saying(r"delete the row")
def _delete() -> Step:
    return Stage.delete


@STEPS.saying(r"put the row back(?: with `([^`]*)` in `(\w+)`)?")
def _put_back(text: str | None, column: str | None) -> Step:
    return lambda stage: stage.put_back(**({column: text} if column else {}))


@STEPS.saying(r"add a second row with the `PartitionKey` `(\w+)`(?: and `([^`]*)` in `(\w+)`)?")
def _add_second(partition: str, text: str | None, column: str | None) -> Step:
    return lambda stage: stage.add_second(partition, **({column: text} if column else {}))


@STEPS.saying(r"delete the second row")
def _delete_second() -> Step:
    return Stage.delete_second


@STEPS.saying(r"delete the first row")
def _delete_first() -> Step:
    return Stage.delete_first


# Bookings.


@STEPS.saying(r"write `([^`]*)` into (\w+)'s `(\w+)`(?: to book her all the same)?")
def _write_booking(text: str, name: str, column: str) -> Step:
    return lambda stage: stage.write_booking(name.casefold(), **{column: stage.own(text)})


@STEPS.saying(r"write `([^`]*)` into `(\w+)` and `([^`]*)` into (\w+)'s `(\w+)`")
def _write_both(text: str, column: str, other: str, name: str, column_of_other: str) -> Step:
    both: Sequence[Step] = (_write(text, column), _write_booking(other, name, column_of_other))
    return lambda stage: [act(stage) for act in both]


@STEPS.saying(r"write (\w+)'s address into (\w+)'s `Email`")
def _write_address(owner: str, name: str) -> Step:
    return lambda stage: stage.write_booking(name.casefold(), Email=stage.address(owner.casefold()))


@STEPS.saying(r"delete (\w+)'s row")
def _delete_booking(name: str) -> Step:
    return lambda stage: stage.delete_booking(name.casefold())


@STEPS.saying(r"add a row for (\w+) with `([^`]*)` in `(\w+)`")
def _add_booking(name: str, text: str, column: str) -> Step:
    return lambda stage: stage.add_booking(name.casefold(), **{column: text})


@STEPS.saying(r"add a row for (\w+) again")
def _add_again(name: str) -> Step:
    return lambda stage: stage.add_booking(name.casefold())


@STEPS.saying(r"add a row for (\w+) under `P8` where the session is `p8`")
def _add_stray(name: str) -> Step:
    return lambda stage: stage.add_booking(name.casefold(), PartitionKey=stage.id.upper())


@STEPS.saying(r"delete the row that you added")
def _delete_added() -> Step:
    return Stage.delete_added


@STEPS.saying(r"delete the row that you added, and add it under `p8`")
def _add_under_session() -> Step:
    def act(stage: Stage) -> None:
        stage.delete_added()
        stage.add_booking("cem")

    return act


@STEPS.saying(r"open (\w+)'s row")
def _open(name: str) -> Step:
    return lambda stage: stage.open(name.casefold())


@STEPS.saying(r"save (\w+)'s row as you opened it")
def _save_as_opened(name: str) -> Step:
    return lambda stage: stage.save_as_opened(name.casefold())


@STEPS.saying(r"(\w+) cancels by (?:her|his) link")
def _cancel_by_link(name: str) -> Step:
    return lambda stage: stage.cancel_by_link(name.casefold())


@STEPS.saying(r"(\w+) moves to another session by her link")
def _move_by_link(name: str) -> Step:
    return lambda stage: stage.move_by_link(name.casefold())


@STEPS.saying(r"(\w+) books again")
def _book_again(name: str) -> Step:
    def act(stage: Stage) -> None:
        assert stage.book(name.casefold()).status == 201
        stage.service.settle()

    return act


@STEPS.saying(r"delete all rows of the session from `Bookings`")
def _lose() -> Step:
    return Stage.lose_bookings


@STEPS.saying(r"put the rows back( without `guard`)?")
def _restore(without: str | None) -> Step:
    return lambda stage: stage.restore_bookings(guard=not without)


@STEPS.saying(r"add a row with the `RowKey` `guard`")
def _add_guard() -> Step:
    return Stage.add_guard
