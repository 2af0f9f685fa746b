"""Trials of rows of the guide: all on one clock, each with a session of its own, and one run of the timer for all."""

from collections import defaultdict
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from azure.core.exceptions import AzureError

from tests.admin_guide import GuideRow
from tests.builders import MORNING, london
from tests.e2e.admin_guide.claims.expected import Expected
from tests.e2e.admin_guide.service import Service
from tests.e2e.admin_guide.stage import Stage
from tests.e2e.admin_guide.steps.timed_steps import TimedStep

EARLIER = timedelta(minutes=10)
"""People have booked this long before an administrator saves."""

BEFORE = MORNING - EARLIER
_WAITING_LIST_ENDS = london("2023-09-07 15:00")
_LAST_BOOKING = london("2023-09-08 14:50")
_ON_THE_DAY = (london("2023-09-08 15:05"), london("2023-09-08 16:30"))

type Trial = Generator[datetime, None, list[str]]
"""Yields the moments of runs of the timer at which it goes on; returns what differs from its row.

It goes on before the run of a moment that it yields, and after it if it yields the same one once more.
"""

type MakeTrial = Callable[[Service, GuideRow], Trial]
"""Raises UnknownPhraseError for a row that cannot be tried."""


def try_all(service: Service, trials: Mapping[GuideRow, Trial]) -> dict[GuideRow, list[str]]:
    """Plays the trials side by side. Returns what differs from each row that is not true.

    The rows of sessions whose trials are over are deleted, so that later runs do not read them.
    """
    found: dict[GuideRow, list[str]] = {}
    waiting: dict[datetime, list[GuideRow]] = defaultdict(list)

    def go_on(row: GuideRow) -> None:
        try:
            waiting[next(trials[row])].append(row)
        except StopIteration as stopped:
            found[row] = stopped.value
        except (AssertionError, AzureError, LookupError) as error:
            found[row] = [f"the trial came to nothing: {error!r}"]

    for row in trials:
        go_on(row)
    while waiting:
        at = min(waiting)
        service.set_clock(at)
        for _ in ("before", "after"):
            for row in waiting.pop(at, ()):
                service.set_clock(at)  # or what the last of many trials does at this moment is minutes late
                go_on(row)
            service.clear_up()
            if at in waiting:
                service.run(at)
    return {row: different for row, different in found.items() if different}


@dataclass(frozen=True, slots=True)
class Scene:
    """How a table's trials begin: their session, and the people who book it."""

    people: Sequence[str] = ("ann", "ben")
    cells: Mapping[str, object] = field(default_factory=dict)
    proves: bool = True  # Dee presses the button in her email

    def stage(self, service: Service) -> Stage:
        stage = Stage(service, **self.cells)
        for name in self.people:
            if name == "ben" and service.now > _WAITING_LIST_ENDS:
                stage.type_booking(name, State="waiting")
            else:
                answer = stage.book(name, **({"works_here": True} if name == "dee" else {}))
                assert answer.status == 201, answer.text
            if name == "dee" and self.proves:
                service.settle()
                stage.prove_by_link(name)
        return stage


def begun(service: Service, scene: Scene, at: datetime) -> Generator[datetime, None, Stage]:
    """The stage as it is at `at`: people have booked before, and the timer has run."""
    booked = min(at - EARLIER, _LAST_BOOKING)
    yield booked
    stage = scene.stage(service)
    yield booked
    for run in _ON_THE_DAY:
        if booked < run < at:
            yield run
            yield run
    return stage


def played(service: Service, scene: Scene, steps: Sequence[TimedStep], expected: Expected) -> Trial:
    """Plays the steps, compares what can be seen after the next run, and in the end the emails."""
    stage = yield from begun(service, scene, steps[0].at)
    different: list[str] = []
    for at in _runs_after([step.at for step in steps], expected):
        yield at
        for step in steps:
            if step.at == at:
                step.act(stage)
        yield at
        if at == steps[-1].at:
            different += expected.seen_now(stage)
    moments = [step.at for step in steps]
    different += expected.seen_late(stage, moments) + expected.mails(stage, moments)
    service.remove(stage.id)
    return different


def _runs_after(steps: Sequence[datetime], expected: Expected) -> list[datetime]:
    """The moments of the steps, and of the runs that matter after each."""
    found: set[datetime] = set(steps)
    for at, following in zip(steps, [*steps[1:], None], strict=True):
        runs = (claim.at or at + claim.horizon for claim in expected.claims)
        found |= {run for run in runs if following is None or run < following}
    return sorted(found)
