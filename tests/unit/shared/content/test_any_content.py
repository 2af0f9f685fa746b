"""Content files with anything in any place: they are read, or refused with the error of the loader."""

import json
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from copy import deepcopy
from datetime import UTC, date, datetime, time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.content.content import ContentError, load_content
from tests.bad_input.corpus import BAD
from tests.builders import ROOT
from tests.every_row import every_row

SOURCES = [
    tomllib.loads((ROOT / path).read_text("utf-8"))
    for path in ("functions/content/mersey-care/en.toml", "tests/content/other-trust.toml")
]
WELSH = {
    "page": {"title": "Yn eich iaith"},
    "dir": "ltr",
    "service_name": "Cefnogi",
    "one_to_one": {"consent": "Cytuno", "consent_version": "2023-09"},
}

type Place = tuple[str | int, ...]


def places(value: object, at: Place = ()) -> Iterator[Place]:
    """The place of every value in a table, of the values in them too."""
    keys = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield (*at, key)
        yield from places(value[key], (*at, key))  # type: ignore[index]  # a table or a list, by the line above


def changed(source: Mapping[str, Any], changes: list[tuple[int, object]]) -> dict[str, Any]:
    """The table with each of these values in the place with its number; None takes away what was there."""
    table = deepcopy(dict(source))
    for number, value in changes:
        found = list(places(table))
        if not found:
            break
        *way, last = found[number % len(found)]
        holder: Any = table
        for key in way:
            holder = holder[key]
        if value is None:
            del holder[last]
        else:
            holder[last] = deepcopy(value)
    return table


def as_toml(value: object) -> str:
    """A value of TOML, which writes texts, lists and numbers as JSON does."""
    match value:
        case bool():
            return str(value).lower()
        case str():
            return json.dumps(value.encode("utf-8", "replace").decode(), ensure_ascii=False).replace("\x7f", "\\u007f")
        case list():
            return f"[{', '.join(map(as_toml, value))}]"
        case dict():
            return f"{{{', '.join(f'{as_toml(name)} = {as_toml(each)}' for name, each in value.items())}}}"
        case date() | time():
            return value.isoformat()
    return str(value)


def written(table: Mapping[str, object]) -> str:
    return "".join(f"{as_toml(name)} = {as_toml(value)}\n" for name, value in table.items())


TEXTS = st.sampled_from([*BAD, "{name}", "{", "<b>", "[a](javascript:1)", "Europe/Nowhere", "#fff", "GB", "2023-02-30"])
PLAIN = (
    TEXTS | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.booleans() | st.dates() | st.times() | st.datetimes()
)
VALUES = st.recursive(
    PLAIN,
    lambda each: (
        st.lists(each, max_size=3) | st.dictionaries(TEXTS | st.sampled_from(["code", "words"]), each, max_size=3)
    ),
    max_leaves=4,
)
CHANGES = st.lists(st.tuples(st.integers(0, 2_000), st.none() | VALUES), min_size=1, max_size=3)


type Files = Mapping[str, Mapping[str, object]]


def load(files: Files, name: str) -> None:
    """Loads one of these files."""
    with TemporaryDirectory() as folder:
        for each, table in files.items():
            (Path(folder) / each).write_text(written(table), "utf-8")
        load_content(Path(folder) / name, to_check=True)


def load_with(files: Files, name: str) -> None:
    """Loads one of these files; whatever is raised but the error of the loader is a fault."""
    with suppress(ContentError):
        load(files, name)


def test_what_is_written_here_is_what_a_file_says() -> None:
    assert [tomllib.loads(written(each)) for each in SOURCES] == SOURCES
    moments = {
        "a": [datetime(2023, 9, 1, 8, tzinfo=UTC), time(8), date(2023, 9, 1)],
        "\x7f": {"b\n": [1, 2.5, True, "\\"]},
    }
    assert tomllib.loads(written(moments)) == moments


ASKS = changed(SOURCES[0], [])
ASKS["one_to_one"]["pages"][0]["questions"][0]["ask"] = ["name"]


@every_row(
    "files, name",
    [
        ({"trust.toml": ASKS}, "trust.toml"),
        ({"en.toml": SOURCES[0], "cy.toml": WELSH | {"one_to_one": 3}}, "cy.toml"),
        ({"en.toml": SOURCES[0] | {"one_to_one": 3}, "cy.toml": WELSH}, "cy.toml"),
        ({"en.toml": SOURCES[0], "cy.toml": WELSH | {"page": 3}}, "en.toml"),
    ],
)
def test_what_is_no_table_or_no_text_where_there_has_to_be_one_is_refused(files: Files, name: str) -> None:
    with pytest.raises(ContentError, match="missing or invalid values"):
        load(files, name)


@every_row("text", [f"a = {'[' * 5_000}{']' * 5_000}\n", f"a{'.a' * 5_000} = 1\n"])
def test_a_file_that_nests_too_far_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "trust.toml"
    path.write_text(text, "utf-8")

    with pytest.raises(ContentError, match="cannot be read"):
        load_content(path)


@pytest.mark.parametrize("examples", [60, pytest.param(2_000, marks=pytest.mark.nightly)])
def test_anything_in_any_place_of_a_content_file_is_read_or_refused(examples: int) -> None:
    @settings(max_examples=examples, suppress_health_check=[HealthCheck.too_slow])
    @given(st.sampled_from(SOURCES), CHANGES)
    def tried(source: dict[str, Any], changes: list[tuple[int, object]]) -> None:
        load_with({"trust.toml": changed(source, changes)}, "trust.toml")

    tried()


@pytest.mark.parametrize("examples", [30, pytest.param(1_000, marks=pytest.mark.nightly)])
def test_anything_in_any_place_of_a_translation_is_read_or_refused(examples: int) -> None:
    @settings(max_examples=examples, suppress_health_check=[HealthCheck.too_slow])
    @given(CHANGES, st.sampled_from([*SOURCES[0]]), st.none() | VALUES, st.sampled_from(["en.toml", "cy.toml"]))
    def tried(changes: list[tuple[int, object]], key: str, value: object, name: str) -> None:
        """Of the translation and of one table of the English file that it falls back to."""
        english = {each: found for each, found in SOURCES[0].items() if value is not None or each != key}
        english |= {} if value is None else {key: value}
        load_with({"en.toml": english, "cy.toml": changed(WELSH, changes)}, name)

    tried()
