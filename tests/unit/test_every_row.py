"""A table of examples as one test: each row is checked, and a failure names every row that fails."""

from pathlib import Path
from typing import Any

import pytest

from tests.every_row import every_row


def test_every_row_that_fails_is_named_with_what_is_wrong(tmp_path: Path) -> None:
    tried: list[tuple[int, str]] = []

    @every_row("number, name", [(1, "a"), (2, "b"), (3, "c"), (4, "d")])
    def odd(number: int, name: str, place: Path) -> None:
        tried.append((number, name))
        assert number % 2, "even"
        assert place == tmp_path
        if name == "c":
            raise KeyError(name)

    with pytest.raises(pytest.fail.Exception) as caught:
        odd(place=tmp_path)

    assert str(caught.value).startswith("3 of 4 rows:\n")
    assert all(each in str(caught.value) for each in ("'name': 'b'", "'name': 'c'", "'name': 'd'", "even", "KeyError"))
    assert "'name': 'a'" not in str(caught.value)
    assert [name for _, name in tried] == ["a", "b", "c", "d"], "one that fails stops no other"


@pytest.mark.parametrize("raised", [ValueError("x"), pytest.fail.Exception("x")])
def test_a_row_that_raises_fails(raised: BaseException) -> None:
    @every_row("row", [1])
    def broken(row: int) -> None:
        raise raised

    with pytest.raises(pytest.fail.Exception, match="x"):
        broken()


def test_a_table_without_rows_fails() -> None:
    rows: list[Any] = []

    @every_row("row", rows)
    def nothing(row: int) -> None:
        pass

    with pytest.raises(AssertionError, match="proves nothing"):
        nothing()


def test_a_row_of_another_length_is_an_error() -> None:
    @every_row("one, other", [(1, 2, 3)])
    def two(one: int, other: int) -> None:
        pass

    with pytest.raises(ValueError, match="zip"):
        two()


def test_a_case_with_marks_is_no_row() -> None:
    with pytest.raises(TypeError, match="lose its marks"):
        every_row("number", [1, pytest.param(2, marks=pytest.mark.nightly)])


@every_row("number", [1, 2])
@every_row("other", [3, 4])
def test_two_tables_are_combined_and_fixtures_are_given(number: int, other: int, tmp_path: Path) -> None:
    with (tmp_path / "seen").open("a") as seen:
        seen.write(f"{number}{other} ")
    assert "13 14 23 24 ".startswith((tmp_path / "seen").read_text())
