"""Cells of a row, read as people and editors write them."""

from typing import Any

import pytest
from azure.data.tables import EdmType, EntityProperty

from shared.tables.table import Row
from shared.yes_no import WORDS
from tests.every_row import every_row


@every_row("word, meaning", WORDS.items())
@every_row("default", [True, False])
def test_every_word_for_yes_and_no_is_read_from_a_cell(word: str, *, meaning: bool, default: bool) -> None:
    assert Row({"C": f" {word.upper()} "}, "").boolean("C", default=default) is meaning


@pytest.mark.parametrize("value", [True, False])
@pytest.mark.parametrize("default", [True, False])
def test_a_boolean_cell_is_read_whatever_the_default(*, value: bool, default: bool) -> None:
    assert Row({"C": value}, "").boolean("C", default=default) is value


@pytest.mark.parametrize("cells", [{}, {"C": ""}, {"C": "maybe"}, {"C": None}])
@pytest.mark.parametrize("default", [True, False])
def test_a_cell_that_is_neither_yes_nor_no_is_the_default(cells: dict[str, object], *, default: bool) -> None:
    assert Row(cells, "").boolean("C", default=default) is default


CELLS = [
    ("  a b\n", "a b"),
    ("\u00a0é", "é"),
    ("\ud83dx", "?x"),
    (EntityProperty(5, EdmType.INT64), "5"),
    (3.0, "3"),
    (1.5, "1.5"),
    (True, "True"),
    ("   ", "blank"),
    (None, "blank"),
]


@every_row("cell, text", CELLS)
def test_a_cell_of_any_type_is_read_as_its_text(cell: Any, text: str) -> None:
    assert Row({"A": cell}, "").text("A", "blank") == text
    assert Row({}, "").text("A", "blank") == "blank"
