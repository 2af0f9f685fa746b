"""A limit on the CPU time of one call, which interrupts it: a regular expression may otherwise take minutes."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

LIMIT = 0.5  # seconds of CPU: 50 ms are meant, and a factor of ten is to spare for a busy machine


class TooSlowError(Exception):
    """A call took more CPU time than it may."""


@contextmanager
def cpu_limit(seconds: float = LIMIT) -> Iterator[None]:
    """Raises TooSlowError in whatever runs inside for longer, counted in this process's own time."""
    earlier = signal.signal(signal.SIGVTALRM, _interrupt)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, earlier)


def is_fast(act: Callable[[], object]) -> bool:
    """True if the call stays below the limit, whether it returns or raises."""
    try:
        with cpu_limit():
            act()
    except TooSlowError:
        return False
    except Exception:  # noqa: BLE001  # a refusal is an answer
        return True
    return True


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise TooSlowError


SIZE = 64 * 1024
_UNITS = (
    " ",
    ",",
    "@",
    ".",
    "\u0301",
    "\\",
    "-",
    "a",
    "1",
    "\n",
    "\u200d",
    " ,",
    "a@",
    "a.",
    "1-",
    "-1-a",
    "a\u0301",
    "<>",
)
WORST = {ascii(unit): unit * (SIZE // len(unit.encode())) for unit in _UNITS}
"""Texts of 64 kB at which checks of names, addresses and numbers have been slow, by the sign that they repeat."""
