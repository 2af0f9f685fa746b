"""Shared by integration tests: one Azurite for the whole test run."""

import pytest

from local.stack.azurite import Azurite
from local.stack.shared_azurite import unused_accounts


@pytest.fixture(scope="session")
def azurite() -> Azurite:
    """In memory and shared: a test takes tables and queues of its own."""
    return unused_accounts()
