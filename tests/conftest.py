"""Settings for every test: how long one takes never decides whether it passes."""

from pathlib import Path

import pytest
from hypothesis import settings

from tests import nightly
from tests.nightly import (
    pytest_collection_modifyitems,
    pytest_sessionfinish,
    pytest_terminal_summary,
    pytest_testnodedown,
)

__all__ = [
    "pytest_addoption",
    "pytest_collection_modifyitems",
    "pytest_configure",
    "pytest_make_parametrize_id",
    "pytest_sessionfinish",
    "pytest_terminal_summary",
    "pytest_testnodedown",
]

# How many examples a property has that says nothing of them itself.
settings.register_profile("by day", deadline=None, max_examples=30)
settings.register_profile("at night", deadline=None, max_examples=100)

_LONGEST_NAME = 40


def pytest_addoption(parser: pytest.Parser) -> None:
    nightly.pytest_addoption(parser)
    parser.addoption("--pictures", type=Path, metavar="DIR", help="write pictures of every state of every page there")


def pytest_configure(config: pytest.Config) -> None:
    nightly.pytest_configure(config)
    settings.load_profile("at night" if config.getoption("--nightly") else "by day")


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """The argument's name for a long text: it may hold a key made at import, and workers must agree on every name."""
    return argname if isinstance(val, str) and len(val) > _LONGEST_NAME else None
