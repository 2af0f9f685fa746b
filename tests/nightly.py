"""`@pytest.mark.nightly`: tests that take long and find little. Without `--nightly` they are left out and counted."""

from typing import Any

import pytest

_COUNT = "deselected_nightly_tests"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--nightly", action="store_true", help="run the tests marked nightly as well")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "nightly: takes long and finds little; runs with --nightly")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--nightly"):
        return
    nightly = [item for item in items if item.get_closest_marker("nightly")]
    if nightly:
        config.hook.pytest_deselected(items=nightly)
        items[:] = [item for item in items if item not in set(nightly)]
    setattr(config, _COUNT, len(nightly))


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Every worker of pytest-xdist collects all tests, and the process that reports collects none."""
    setattr(node.config, _COUNT, node.workeroutput.get(_COUNT, 0) if hasattr(node, "workeroutput") else 0)


def pytest_sessionfinish(session: pytest.Session) -> None:
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output[_COUNT] = getattr(session.config, _COUNT, 0)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if count := getattr(config, _COUNT, 0):
        terminalreporter.write_line(f"{count} nightly tests were left out; --nightly runs them.")
