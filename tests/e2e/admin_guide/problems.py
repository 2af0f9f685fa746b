"""Trials of the tables that say what brings about a `Problem`, and what ends it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from tests.admin_guide import GuideRow, quoted, says
from tests.builders import MORNING
from tests.e2e.admin_guide.phrases import UnknownPhraseError
from tests.e2e.admin_guide.service import Service
from tests.e2e.admin_guide.stage import Stage
from tests.e2e.admin_guide.steps.timed_steps import TimedStep, steps_of
from tests.e2e.admin_guide.steps.times import RUN_INTERVAL
from tests.e2e.admin_guide.trials import Scene, Trial, begun

_RUNS = (timedelta(), RUN_INTERVAL)  # what came of an email stands in its row a run later
_STRAY_FOUND = (timedelta(hours=1),)


@dataclass(frozen=True, slots=True)
class _Problem:
    cause: Sequence[TimedStep]
    quote: str
    remedy: Sequence[TimedStep]
    seen: Callable[[Stage], list[str]]
    looks: Sequence[timedelta] = _RUNS


def session_put_right(service: Service, row: GuideRow) -> Trial:
    return _trial(service, _problem(row, "`Problem` says", Stage.problems))


def booking_put_right(service: Service, row: GuideRow) -> Trial:
    return _trial(service, _problem(row, "`Problem` of the booking says", _of_the_booking))


def _problem(row: GuideRow, title: str, seen: Callable[[Stage], list[str]]) -> _Problem:
    quote = "".join(quoted(row[title]))
    if not quote:
        raise UnknownPhraseError(f"{row} quotes no problem")
    looks = _STRAY_FOUND if "`P8`" in row["You do"] else _RUNS
    return _Problem(steps_of(row["You do"], MORNING), quote, steps_of(row["Then do"], MORNING), seen, looks)


def _trial(service: Service, problem: _Problem) -> Trial:
    at = problem.cause[0].at
    stage = yield from begun(service, Scene(), at)
    yield at
    for step in problem.cause:
        step.act(stage)
    said: list[str] = []
    for look in problem.looks:
        if look:
            yield at + look
        yield at + look
        said += problem.seen(stage)
    at += problem.looks[-1] + RUN_INTERVAL
    yield at
    quote = problem.quote.replace("P8", stage.id.upper()).replace("p8", stage.id)
    for step in problem.remedy:
        step.act(stage)
    for look in _RUNS:
        if look:
            yield at + look
        yield at + look
    left = [each for each in problem.seen(stage) if each]
    service.remove(stage.id)
    found = any(says(each, quote) for each in said)
    return [*([] if found else [f"Problem is {said}"]), *([f"in the end Problem is {left}"] if left else [])]


def _of_the_booking(stage: Stage) -> list[str]:
    """`Problem` of the row that was added, else of Ann's."""
    rows = stage.added_bookings() if stage.added else [stage.booking("ann")]
    return [str(row.get("Problem", "")) for row in rows]
