"""Shared by integration tests: one Azurite for the whole test run."""

from collections.abc import Iterator

import pytest

from local.stack.azurite import Azurite, running_azurite


@pytest.fixture(scope="session")
def azurite() -> Iterator[Azurite]:
    """In memory and shared: a test takes tables and queues of its own."""
    with running_azurite() as running:
        yield running
