"""What a content file holds before it is agreed is on no page, and the file says who has to agree."""

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from shared.content.agreement import TO_BE_AGREED, agreed_part
from shared.content.content import Content
from tests import builders

LIMITS = (
    "Your form is not shared with HR, your sponsor or the Home Office, "
    "unless someone is at serious risk or the law requires it."
)
FILE = builders.ROOT / "functions" / "content" / "mersey-care" / "en.toml"


@pytest.mark.parametrize(
    ("written", "taken"),
    [
        ({"a": {"text": "A", TO_BE_AGREED: "Ann"}, "b": "B"}, {"b": "B"}),
        ({"a": {"text": "A"}}, {"a": "A"}),
        ({"a": ["A", {"text": "B", TO_BE_AGREED: "Ann"}, {"text": "C"}]}, {"a": ["A", "C"]}),
        ({"a": [{"ask": "x", TO_BE_AGREED: "Ann"}, {"ask": "y"}]}, {"a": [{"ask": "y"}]}),
        ({"a": {"b": {"c": {"text": "A", TO_BE_AGREED: "Ann"}, "d": 1}}}, {"a": {"b": {"d": 1}}}),
        ({"a": {"text": "A", "heading": "H"}}, {"a": {"text": "A", "heading": "H"}}),
    ],
)
def test_what_waits_for_an_agreement_is_left_out_wherever_it_stands(written: Any, taken: Any) -> None:
    assert agreed_part(written) == taken


def waiting(value: Any) -> Iterator[tuple[str, str]]:
    """Who has to agree, and what is waiting: its text, its title, or the name of its question."""
    if isinstance(value, dict):
        if TO_BE_AGREED in value:
            yield value[TO_BE_AGREED], str(value.get("ask") or value.get("title") or value["text"])
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from waiting(each)


def test_the_example_says_who_has_to_agree_to_what_people_fear_for() -> None:
    written = tomllib.loads(FILE.read_text("utf-8"))["one_to_one"]
    both = "Mersey Care and Nafsiyat"

    assert set(waiting(written)) == {
        ("Nafsiyat", "Nafsiyat is a charity, separate from Mersey Care."),
        (both, "The sessions are free."),
        (both, "Your manager is not told."),
        (both, "Nothing goes on your staff record."),
        (both, LIMITS),
        ("Nafsiyat", "Forms are read on weekdays only, not at night or on bank holidays."),
        ("Mersey Care", "Time away from work"),
        ("Nafsiyat", "therapist_preference"),
    }


def test_the_example_works_before_and_after_all_of_it_is_agreed(content: Content) -> None:
    agreed = builders.agreed_content()

    assert len(content.one_to_one.assurances) == 1
    assert len(agreed.one_to_one.assurances) == 6
    assert agreed.one_to_one.time_away_note is not None
    assert "therapist_preference" in agreed.one_to_one.asked
    options = {each.words for asked in agreed.one_to_one.questions for each in asked.choices}
    assert "Not someone from my own community" in options
