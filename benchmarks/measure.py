"""Measures in interleaved rounds, and their comparison with a baseline and a budget."""

import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

ROUNDS = 5
NOISE = 1.25  # a time ratio may be over its budget by a quarter, because the machine is shared; a count may not


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds that one call took, by the clock on the wall and of CPU in this process."""

    wall: float
    cpu: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One figure against its budget. `baseline` is None for a count; otherwise the ratio of the two has the budget.

    `budget` is None for a figure to compare with alone. `at_least`: the more the better. `noise` is the factor by which
    a ratio may be beyond its budget.
    """

    name: str
    ours: float
    budget: float | None = None
    baseline: float | None = None
    baseline_name: str = ""
    unit: str = " ms"
    at_least: bool = False
    noise: float = NOISE

    @property
    def ratio(self) -> float | None:
        return None if self.baseline is None else self.ours / self.baseline

    @property
    def met(self) -> bool | None:
        """None without a budget."""
        if self.budget is None:
            return None
        value, noise = (self.ours, 1.0) if self.ratio is None else (self.ratio, self.noise)
        return value * noise >= self.budget if self.at_least else value <= self.budget * noise

    @property
    def cells(self) -> tuple[str, ...]:
        """Its name, our figure, the baseline, their ratio, the budget, and whether it is met, as text."""
        budget = "" if self.budget is None else f"{'>=' if self.at_least else '<='} {self.budget:g}"
        met = {True: "met", False: "NOT met", None: ""}[self.met]
        if self.baseline is None or self.ratio is None:
            return self.name, f"{self.ours:g}", "", "", budget, met
        compared = f"{self.baseline_name} {self.baseline:.1f}{self.unit}"
        return self.name, f"{self.ours:.1f}{self.unit}", compared, f"{self.ratio:.2f}", budget, met

    def line(self) -> str:
        return "| " + " | ".join(self.cells) + " |"

    def as_json(self) -> dict[str, object]:
        return asdict(self) | {"ratio": self.ratio, "met": self.met}


def cost(act: Callable[[], object], times: int = 1) -> Cost:
    """Returns the cost of one call, the median of so many."""
    costs = [_once(act) for _ in range(times)]
    return Cost(statistics.median(each.wall for each in costs), statistics.median(each.cpu for each in costs))


def median(costs: list[Cost]) -> Cost:
    """Returns the medians of the rounds."""
    return Cost(statistics.median(each.wall for each in costs), statistics.median(each.cpu for each in costs))


def _once(act: Callable[[], object]) -> Cost:
    wall, cpu = time.perf_counter(), time.process_time()
    act()
    return Cost((time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000)
