"""Cases of a process that breaks at any of its calls, in any way; by day each call breaks in one way or two."""

import pytest

from tests.fakes import FAULTS

STEP = 3
MOST = 1000  # calls; no process of a test makes as many

EVERY_FAULT = [
    *(pytest.param(fault, range(at % STEP, MOST, STEP), id=fault) for at, fault in enumerate(FAULTS)),
    *(pytest.param(fault, range(MOST), id=f"{fault} at each", marks=pytest.mark.nightly) for fault in FAULTS),
]
"""For `pytest.mark.parametrize(("fault", "calls"), EVERY_FAULT)`: at night each call breaks in all of the five ways."""
