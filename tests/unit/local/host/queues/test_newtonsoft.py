"""JSON as the host prints it again."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.host.app.runtime import Datum
from local.host.queues.messages import messages_of
from local.host.queues.newtonsoft import looks_like_json, parse, print_token
from tests.every_row import every_row

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(document=st.dictionaries(st.text(), JSON, max_size=5))
def test_printing_again_keeps_the_meaning(document: dict[str, object]) -> None:
    assert json.loads(print_token(parse(json.dumps(document), dates=False))) == document


@pytest.mark.parametrize(
    ("given_text", "printed"),
    [
        ('{"a":1,"b":[],"c":{}}', '{\n  "a": 1,\n  "b": [],\n  "c": {}\n}'),
        ('{"a":[1,{"b":null}]}', '{\n  "a": [\n    1,\n    {\n      "b": null\n    }\n  ]\n}'),
        ('{"n":1.50,"m":1e25}', '{\n  "n": 1.5,\n  "m": 1E+25\n}'),
        ('{"t":"\\u00e9\\u2028/\\u0001"}', '{\n  "t": "é\\u2028/\\u0001"\n}'),
        ('{"a":1,"a":2}', '{\n  "a": 2\n}'),
    ],
)
def test_objects_are_indented_by_two_and_characters_kept(given_text: str, printed: str) -> None:
    assert print_token(parse(given_text, dates=True)) == printed


@pytest.mark.parametrize(
    ("date", "respelled"),
    [
        ("2023-09-08T15:00:00Z", "2023-09-08T15:00:00Z"),
        ("2023-09-08T15:00:00", "2023-09-08T15:00:00"),
        ("2023-09-08T15:00:00.500Z", "2023-09-08T15:00:00.5Z"),
        ("2023-09-08T15:00:00.0000000Z", "2023-09-08T15:00:00Z"),
        ("2023-09-08T15:00:00+01:00", "2023-09-08T14:00:00+00:00"),
        ("2023-09-08", "2023-09-08"),
        ("2023-13-08T15:00:00Z", "2023-13-08T15:00:00Z"),
        ("at 2023-09-08T15:00:00Z", "at 2023-09-08T15:00:00Z"),
    ],
)
def test_texts_that_look_like_dates_are_spelt_anew(date: str, respelled: str) -> None:
    assert parse(json.dumps({"at": date}), dates=True) == {"at": respelled}


@pytest.mark.parametrize(
    ("text", "looks"), [(" {x} ", True), ("[1]", True), ('"text"', False), ("{", False), ("5", False), ("", False)]
)
def test_json_is_told_by_its_brackets_alone(text: str, looks: bool) -> None:
    assert looks_like_json(text) is looks


@every_row(
    "kind, value, messages",
    [
        ("string", "hello", ["hello"]),
        ("string", " [1] ", ["1"]),
        ("string", '["a", true, null, 1.0, "2023-09-08T15:00:00Z"]', ["a", "True", "", "1.0", "09/08/2023 15:00:00"]),
        ("string", "[]", []),
        ("bytes", b"[1]", [b"[1]"]),
        ("json", '["a", "[1]"]', ["a", "[1]"]),
        ("json", '{"at":"2023-09-08T15:00:00.500Z"}', ['{\n  "at": "2023-09-08T15:00:00.500Z"\n}']),
        ("list", ["a", {"b": 1}], ["a", '{\n  "b": 1\n}']),
        ("dict", {"b": 1}, ['{\n  "b": 1\n}']),
        ("int", True, ["1"]),
        ("double", 2.5, ["2.5"]),
        (None, None, []),
    ],
)
def test_messages_are_made_of_whatever_a_function_gives(
    kind: str | None, value: object, messages: list[str | bytes]
) -> None:
    assert messages_of(Datum(value, kind)) == messages


def test_nothing_given_means_no_message() -> None:
    assert messages_of(None) == []


@pytest.mark.parametrize("text", ["{oops}", "[1,]", "{'a': 1}"])
def test_what_only_looks_like_json_cannot_be_sent(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        messages_of(Datum(text, "string"))
