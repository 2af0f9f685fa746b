"""Rules and promises of a life that are told: where a promise is broken, the life is a note of the error."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Protocol

from hypothesis import strategies as st

from shared.referrals.referral_rows import status_cells
from tests.builders import MORNING
from tests.unit.shared.bookings import every_cell
from tests.unit.shared.bookings.story import Story
from tests.unit.shared.referrals.referral_system import ReferralHarness

DECIDES = {"WithdrawnOn", "SubmissionHash"}
"""Cells in which any text is a decision: it withdraws the referral, or makes it that of another form."""


def _columns() -> list[str]:
    harness = ReferralHarness()
    harness.accepted(MORNING)
    return sorted(status_cells(harness.referral()).keys() - every_cell.KEYS - DECIDES)


typed_cells = st.deferred(lambda: every_cell.saved(_columns()))


class Told(Protocol):
    story: Story


def happens[**P, T](words: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Tells a rule in these words, which may name what the rule is given."""

    def telling(act: Callable[P, T]) -> Callable[P, T]:
        @wraps(act)
        def told(*args: P.args, **given: P.kwargs) -> T:
            life: Any = args[0]
            life.story.sentences.append(words.format(**{name: _shown(each) for name, each in given.items()}))
            with life.story.told():
                return act(*args, **given)

        return told

    return telling


def holds(check: Callable[[Any], None]) -> Callable[[Any], None]:
    """A promise that is looked at after every rule."""

    @wraps(check)
    def told(life: Any) -> None:
        with life.story.told():
            check(life)

    return told


def _shown(given: object) -> str:
    if isinstance(given, Mapping):
        return " and ".join(f"{every_cell.shown(value)} into {name}" for name, value in given.items())
    if isinstance(given, tuple):
        at, fault = given
        return f"request {at + 1} to storage has {fault}"
    return "nothing goes wrong" if given is None else str(given)
