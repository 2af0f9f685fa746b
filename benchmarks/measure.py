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
    """One figure against its budget. `baseline` is None for a count; otherwise the ratio of the two has the budget."""

    name: str
    ours: float
    budget: float
    baseline: float | None = None
    baseline_name: str = ""

    @property
    def ratio(self) -> float | None:
        return None if self.baseline is None else self.ours / self.baseline

    @property
    def met(self) -> bool:
        return self.ours <= self.budget if self.ratio is None else self.ratio <= self.budget * NOISE

    def line(self) -> str:
        verdict = "met" if self.met else "NOT met"
        if self.ratio is None:
            return f"{self.name}: {self.ours:g}, budget {self.budget:g}: {verdict}"
        compared = f"{self.ours:.1f} ms, {self.baseline_name} {self.baseline:.1f} ms, ratio {self.ratio:.2f}"
        return f"{self.name}: {compared}, budget {self.budget:g}: {verdict}"

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
