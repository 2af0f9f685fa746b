"""The clock as services are given it: the composition root holds the real one, a test or a local run another."""

from collections.abc import Callable
from datetime import datetime

type Clock = Callable[[], datetime]
"""Returns the present moment, aware and in UTC."""
