"""Being stopped: Ctrl+C, SIGTERM and a closed terminal all end a command in good order. Standard library only."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = {getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)}


@contextmanager
def stoppable() -> Iterator[None]:
    """Within it the first signal to stop raises KeyboardInterrupt, and the next ones do not disturb the stopping.

    Entering it may raise it at once, for a signal that was on hold.
    """
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    for number in _SIGNALS:
        # Under nohup a closed terminal is to be ignored.
        if number == signal.SIGINT or before[number] != signal.SIG_IGN:
            signal.signal(number, _stop)
    try:
        _unblock_signals()
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop(number: int, _frame: FrameType | None) -> None:
    for each in _SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt(number)


def block_signals() -> None:
    """Keeps signals waiting for the program that this process turns into next, until that one is `stoppable`."""
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)


def _unblock_signals() -> None:
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
