import logging

import pytest

from shared.failure_isolation import run_isolated

logger = logging.getLogger("tests.failure_isolation")


def failing() -> None:
    raise ValueError("Ann Example, ann@example.org")


def test_a_part_that_succeeds_returns_its_value() -> None:
    result = run_isolated(logger, "session s1", lambda: 3)

    assert (result.value, result.succeeded) == (3, True)


def test_a_part_that_fails_is_logged_by_name_and_type_alone(caplog: pytest.LogCaptureFixture) -> None:
    result = run_isolated(logger, "session s1", failing)

    assert isinstance(result.error, ValueError)
    assert not result.succeeded
    assert [record.getMessage() for record in caplog.records] == ["session s1 failed: ValueError"]
    assert "Ann" not in caplog.text


def test_a_stop_of_the_process_is_not_swallowed() -> None:
    def stopped() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_isolated(logger, "session s1", stopped)
