import pytest

from shared.yes_no import parse_yes_no


@pytest.mark.parametrize("text", ["yes", " Yes ", "Y", "TRUE", "on", "1"])
def test_yes_is_understood_as_people_write_it(text: str) -> None:
    assert parse_yes_no(text) is True


@pytest.mark.parametrize("text", ["no", "NO ", "n", "False", "off", "0"])
def test_no_is_understood_as_people_write_it(text: str) -> None:
    assert parse_yes_no(text) is False


@pytest.mark.parametrize("text", ["", "maybe", "yes please", "01", "none"])
def test_anything_else_is_neither(text: str) -> None:
    assert parse_yes_no(text) is None
