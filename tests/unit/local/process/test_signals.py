"""Being stopped."""

import os
import signal
import sys

import pytest

from local.process.signals import block_signals, stoppable

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a process cannot send itself signals there")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_stop_unwinds_what_is_going_on(number: int) -> None:
    with pytest.raises(KeyboardInterrupt), stoppable():
        os.kill(os.getpid(), number)


def test_a_second_signal_does_not_disturb_the_stopping() -> None:
    tidied: list[str] = []

    with pytest.raises(KeyboardInterrupt):
        _stop_twice(tidied)

    assert tidied == ["everything"]


def _stop_twice(tidied: list[str]) -> None:
    with stoppable():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            os.kill(os.getpid(), signal.SIGINT)
            tidied.append("everything")


def test_held_signal_interrupts_the_next_stoppable_block() -> None:
    begun = False
    block_signals()
    signal.raise_signal(signal.SIGTERM)  # to this thread: pytest-xdist has another, whose signals are not on hold

    with pytest.raises(KeyboardInterrupt), stoppable():
        begun = True

    assert not begun


def test_afterwards_signals_do_what_they_did_before() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with stoppable():
        assert signal.getsignal(signal.SIGTERM) != before

    assert signal.getsignal(signal.SIGTERM) == before
