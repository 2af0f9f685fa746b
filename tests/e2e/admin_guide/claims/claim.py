"""One sentence of the guide that says what happens: what is looked at, and which email it names."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.e2e.admin_guide.stage import Stage
from tests.e2e.admin_guide.steps.times import RUN_INTERVAL

type Look = Callable[[Stage], object]
"""Returns the facts that differ from the sentence; nothing, an empty text or None if it is true."""

type LateLook = Callable[[Stage, Sequence[datetime]], object]
"""The same in the end, given the moments of the steps."""


@dataclass(frozen=True, slots=True)
class ExpectedMail:
    """One kind of email to some people, so long after the last step before it, or at a moment."""

    to: tuple[str, ...]
    kind: str
    after: timedelta = timedelta()
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence. `horizon` is how long after a step the timer runs for it once more, `at` the moment of that run.

    `nobody`: it says that nobody is emailed.
    """

    look: Look | None = None
    late: LateLook | None = None
    mail: ExpectedMail | None = None
    nobody: bool = False
    horizon: timedelta = RUN_INTERVAL
    at: datetime | None = None


def in_the_end(look: Look) -> LateLook:
    """The look when all is over, whenever the steps were."""
    return lambda stage, steps: look(stage)
