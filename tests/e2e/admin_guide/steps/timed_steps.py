"""The cells "You do" and "Then do" of the guide: the steps that they name, and when each is done."""

import re
from dataclasses import dataclass
from datetime import datetime

from tests.e2e.admin_guide.phrases import Phrases, sentences
from tests.e2e.admin_guide.stage import Step
from tests.e2e.admin_guide.steps.booking_steps import BOOKING_STEPS
from tests.e2e.admin_guide.steps.session_steps import SESSION_STEPS
from tests.e2e.admin_guide.steps.times import length_of, moment, run_after

STEPS: Phrases[Step] = Phrases([*SESSION_STEPS.known, *BOOKING_STEPS.known])

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


def _timed(text: str, at: datetime) -> tuple[datetime, str]:
    if (later := _LATER.fullmatch(text)) is not None:
        return at + run_after(length_of(later["number"], later["unit"])), later["rest"]
    if (on := _ON.fullmatch(text)) is not None:
        return moment(on["day"], on["clock"]), on["rest"]
    return at, text
