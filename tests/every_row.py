"""`@every_row`: a table of examples as one test, which goes through the whole table and names each row that fails.

A case of its own for each row costs more than most rows take. Fixtures are made once for the whole table: a test whose
rows would change them for each other stays with `pytest.mark.parametrize`.
"""

from collections.abc import Callable, Iterable
from functools import wraps
from inspect import signature
from typing import Any

import pytest

type Test = Callable[..., None]

_SHOWN = 120  # characters of a row that fails


def every_row(names: str, rows: Iterable[Any]) -> Callable[[Test], Test]:
    """Calls the test for every row, by the names of its arguments: "text", or "typed, kept" for rows of two values."""
    arguments, table = [each.strip() for each in names.split(",")], list(rows)
    if any(hasattr(row, "marks") for row in table):
        raise TypeError("a case of pytest.param is no row: it would lose its marks")

    def decorate(test: Test) -> Test:
        @wraps(test)
        def test_of_the_table(**fixtures: Any) -> None:
            assert table, "a table without rows proves nothing"
            given = (dict(zip(arguments, row if len(arguments) > 1 else [row], strict=True)) for row in table)
            faults = [f"{ascii(row)[:_SHOWN]}: {fault}" for row in given if (fault := _fault(test, row | fixtures))]
            if faults:
                pytest.fail(f"{len(faults)} of {len(table)} rows:\n" + "\n".join(faults), pytrace=False)

        asked = signature(test)
        rest = [each for name, each in asked.parameters.items() if name not in arguments]
        test_of_the_table.__signature__ = asked.replace(parameters=rest)  # type: ignore[attr-defined]  # read by pytest
        return test_of_the_table

    return decorate


def _fault(test: Test, arguments: dict[str, Any]) -> str:
    try:
        test(**arguments)
    except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001  # whatever is wrong with a row, all are tried
        return f"{type(error).__name__}: {error}"
    return ""
