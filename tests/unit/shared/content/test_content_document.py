"""docs/content.md explains every key of a content file to those who write one."""

import re
from collections.abc import Iterator
from typing import Any, get_args

from shared.content.content import Content
from shared.content.content_models import Article, Closed, ContentModel, Link, Section
from tests.builders import ROOT

DOCUMENT = ROOT / "docs" / "content.md"
# Tables that stand in several places are explained once.
SHAPES: dict[type[ContentModel], str] = {
    Link: "A link",
    Section: "A section",
    Article: "An article",
    Closed: "A closed page",
}
_ROW = re.compile(r"^\| `([a-z_]+)` \| .{20,} \|$")


def explained() -> set[tuple[str, str]]:
    """Headings of the document, each with a key that a row below it explains."""
    heading, found = "", set()
    for line in DOCUMENT.read_text("utf-8").splitlines():
        if line.startswith("#"):
            heading = line.lstrip("# ").replace("`", "")
        elif row := _ROW.match(line):
            found.add((heading, row[1]))
    return found


def keys(model: type[ContentModel], place: str = "") -> Iterator[tuple[str, str]]:
    """Headings under which each key of a table, and of the tables in it, is to be explained."""
    heading = SHAPES.get(model, place or "The file")
    for attribute, field in model.model_fields.items():
        name = field.alias or attribute
        yield heading, name
        inside = name if heading in {"The file", *SHAPES.values()} else f"{place}.{name}"
        for each in _tables(field.annotation):
            yield from keys(each, inside)


def _tables(annotation: Any) -> Iterator[type[ContentModel]]:
    if isinstance(annotation, type) and issubclass(annotation, ContentModel):
        yield annotation
    for each in get_args(annotation):
        yield from _tables(each)


def test_every_key_of_a_content_file_is_explained_and_no_other() -> None:
    assert explained() == set(keys(Content))
