"""Each sentence on data protection is held by a test that exists, or says that it is a matter of operation."""

import re
from collections.abc import Iterator

import pytest

from tests.architecture.test_documents import missing_tests, named_tests
from tests.builders import ROOT

DOCUMENT = ROOT / "docs" / "data-protection.md"
OPERATION = "A matter of operation"
MOST_LINES = 300

_NOTE = re.compile(r"\[\^(\w+)\]")
_DEFINITION = re.compile(r"^\[\^(\w+)\]: (.+)$", re.MULTILINE)
_RULE = re.compile(r"\|[\s|:-]+\|")


def blocks(text: str) -> Iterator[str]:
    """Each paragraph, list item and row of a table, without headings, heads of tables and notes."""
    for part in re.split(r"\n\n+", _DEFINITION.sub("", text)):
        lines = part.strip().splitlines()
        if not lines or lines[0].startswith("#"):
            continue
        if lines[0].startswith("|"):
            yield from (line for line in lines[1:] if not _RULE.fullmatch(line))
        else:
            yield from re.split(r"\n(?=- )", "\n".join(lines))


def unheld(text: str) -> list[str]:
    """Blocks without a note, and those that go on after their last one: what follows it is held by nothing."""
    return [block for block in blocks(text) if not _NOTE.search(block) or goes_on(block)]


def goes_on(block: str) -> bool:
    if block.startswith("|"):
        return False
    return re.search(r"\w{3}", _NOTE.split(block)[-1]) is not None


def bad_notes(text: str) -> list[str]:
    """Notes that are not defined, that nothing refers to, that name no test, or one that does not exist."""
    defined = dict(_DEFINITION.findall(text))
    used = set(_NOTE.findall(_DEFINITION.sub("", text)))
    bad = [
        name
        for name, note in defined.items()
        if missing_tests(note) or not (named_tests(note) or note.startswith(OPERATION))
    ]
    return sorted({*bad, *(used ^ set(defined))})


def test_every_sentence_is_held_by_a_test_or_is_a_matter_of_operation() -> None:
    text = DOCUMENT.read_text("utf-8")

    assert len(list(blocks(text))) > 80
    assert unheld(text) == []
    assert bad_notes(text) == []
    assert len(text.splitlines()) <= MOST_LINES


THIS = "`tests/architecture/test_data_protection_document.py::test_a_sentence_that_nothing_holds_is_noticed`"
TABLE = "| What | How long |\n|---|---|\n| a row[^one] | a day |\n"


@pytest.mark.parametrize(
    ("text", "sentences", "notes"),
    [
        (f"# Title\n\nHeld.[^one]\n\n{TABLE}\n[^one]: {THIS}\n", [], []),
        (f"Held.[^one] [^op]\n\n[^one]: {THIS}\n[^op]: {OPERATION}: people do it.\n", [], []),
        (f"Held.[^one] And this is not.\n\n[^one]: {THIS}\n", ["Held.[^one] And this is not."], []),
        (f"- held[^one]\n- not\n  held\n\n[^one]: {THIS}\n", ["- not\n  held"], []),
        (f"{TABLE}| another | two days |\n\n[^one]: {THIS}\n", ["| another | two days |"], []),
        ("Held.[^one]\n", [], ["one"]),
        ("Held.[^one]\n\n[^one]: `tests/architecture/gone.py::test_it`\n", [], ["one"]),
        ("Held.[^one]\n\n[^one]: Someone says so.\n", [], ["one"]),
        (f"Held.[^one]\n\n[^one]: {THIS}\n[^two]: {THIS}\n", [], ["two"]),
    ],
)
def test_a_sentence_that_nothing_holds_is_noticed(text: str, sentences: list[str], notes: list[str]) -> None:
    assert (unheld(text), bad_notes(text)) == (sentences, notes)
