"""Names, email addresses and phone numbers as people type them, by tables that people can read."""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from shared.fields.email_address import read_email_address
from shared.fields.field_types import EmailAddress, FullName, PhoneNumber
from shared.fields.person_name import read_person_name
from shared.fields.phone_number import read_phone_number
from shared.fields.reading import ReadingError
from tests.every_row import every_row

HERE = Path(__file__).parent
LEAST = {"names": 60, "addresses": 80, "numbers": 60}
READINGS: dict[str, Callable[[str], str]] = {
    "names": read_person_name,
    "addresses": read_email_address,
    "numbers": read_phone_number,
}
TYPES: dict[str, TypeAdapter[str]] = {
    "names": TypeAdapter(FullName),
    "addresses": TypeAdapter(EmailAddress),
    "numbers": TypeAdapter(PhoneNumber),
}

SCHEMA_OF_A_NAME = jsonschema_rs.Draft202012Validator(TYPES["names"].json_schema())


def table(name: str) -> list[dict[str, str]]:
    found = tomllib.loads((HERE / f"{name}.toml").read_text("utf-8"))[name]
    assert isinstance(found, list)
    return found


ROWS = [(name, row) for name in READINGS for row in table(name)]
EACH = every_row("name, row", ROWS)


def answer(read: Callable[[str], str], text: str) -> tuple[str, str]:
    """What is kept, or else the sentence."""
    try:
        return read(text), ""
    except ReadingError as error:
        return "", error.sentence


def answer_of_type(adapter: TypeAdapter[str], value: Any) -> tuple[str, str]:
    try:
        return adapter.validate_python(value), ""
    except ValidationError as error:
        return "", error.errors()[0]["msg"]


@pytest.mark.parametrize("name", READINGS)
def test_each_table_is_long_and_says_why(name: str) -> None:
    rows = table(name)

    assert len(rows) >= LEAST[name]
    assert len({row["typed"] for row in rows}) == len(rows)
    assert all(row["why"] and ("kept" in row) != ("refused" in row) for row in rows)


@EACH
def test_text_is_read_as_the_table_says(name: str, row: dict[str, str]) -> None:
    kept, sentence = answer(READINGS[name], row["typed"])

    assert kept == row.get("kept", "")
    assert sentence.endswith(row.get("refused", "")), sentence
    assert bool(sentence) == ("refused" in row)


@EACH
def test_form_and_json_read_the_same(name: str, row: dict[str, str]) -> None:
    assert answer_of_type(TYPES[name], row["typed"]) == answer(READINGS[name], row["typed"])


@EACH
def test_what_was_kept_is_kept_as_it_is(name: str, row: dict[str, str]) -> None:
    kept, _ = answer(READINGS[name], row["typed"])

    if kept:
        assert READINGS[name](kept) == kept


IN_NAMES = "Aé李\u0301\u034f\u2800\U000e0101\u093e4 -.,'()[]\u200c\u200d\u200e\u2068\u202e\u00a0"
IN_NAMES += "\t\n\u2013\u2019`\u3164=+@<:\uff08\uff0e"


@settings(max_examples=300)
@given(st.text(st.sampled_from(IN_NAMES), max_size=6))
@example("A\u200dé")
def test_the_schema_of_a_name_takes_what_the_reading_takes(typed: str) -> None:
    """Not beyond one character of each: what is composed of two signs may be another sign."""
    kept, _ = answer(read_person_name, typed)

    assert SCHEMA_OF_A_NAME.is_valid(typed) == bool(kept)


@every_row("row", table("names"))
def test_the_schema_of_a_name_agrees_with_the_table(row: dict[str, str]) -> None:
    assert SCHEMA_OF_A_NAME.is_valid(row["typed"]) == ("kept" in row)
