"""Sentences that people read stand in templates and in `shared/wording/en.toml`, and not in Python.

Left where they are: what only programmers and operators read. Each kind is one function or one name below, none a file.
"""

import ast
import re
import tomllib
from collections.abc import Iterator

import pytest

from tests.architecture.source_code import DEPLOYED, nodes, offenders
from tests.builders import ROOT

WORDING = ROOT / "shared" / "wording" / "en.toml"
FOR_PROGRAMMERS = "functions/api"
"""The description of the API, which is in English."""
FOR_OPERATORS = "shared/config"
"""Errors of settings, which `/health/details` and the start of the service list."""
SHOWN_ERRORS = frozenset({"CellError", "FieldError", "FormError", "FormTokenError", "ReadingError"})
"""Errors whose text people read."""

_WORD = r"[A-Za-z][a-z]*(?:['’][a-z]+)?"
_SENTENCE = re.compile(rf"(?:(?:{_WORD}|_)[,:]? ){{2}}[a-z_]|\b[A-Z][a-z]+ [a-z]{{2}}")
_TWO_WORDS = re.compile(r"[A-Za-z]{2}.*[^A-Za-z].*[a-z]{2}", re.DOTALL)
_NOT_ENGLISH = re.compile(r"@|%[sd]|\b(?:PartitionKey|SHA256|GCM)\b|^-//|(?:id of the key|code of the provider)$")
"""Filters of queries, formats of log lines, texts that derive keys, the name of a program in a calendar."""


def sentences(source: str) -> list[str]:
    """Texts of a module that read like sentences, or like a part of one; with _ for what is filled in."""
    tree = ast.parse(source)
    left_out = {id(inner) for node in ast.walk(tree) for kept in _not_for_people(node) for inner in ast.walk(kept)}
    texts = [_text(node) for node in _outermost_texts(tree) if id(node) not in left_out]
    return [text for text in texts if _reads_like_one(text) and not _NOT_ENGLISH.search(text)]


def _reads_like_one(text: str) -> bool:
    return bool(_SENTENCE.search(text) and _TWO_WORDS.search(text))


def _outermost_texts(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.JoinedStr) or (isinstance(child, ast.Constant) and isinstance(child.value, str)):
            yield child
        if isinstance(child, ast.JoinedStr):
            for part in child.values:
                yield from _outermost_texts(part)
        else:
            yield from _outermost_texts(child)


def _text(node: ast.AST) -> str:
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "_" for part in parts)


def _not_for_people(node: ast.AST) -> Iterator[ast.AST]:
    """Parts of the source whose texts nobody reads who uses the service."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        yield node  # docstrings
    if isinstance(node, ast.Call) and _called(node) in {"run_isolated", "compile", "run"}:
        yield from node.args  # names of parts for the log, and regular expressions
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _owner(node.func) == "logger":
        yield node
    if isinstance(node, ast.Call) and _called(node).endswith("Error") and _called(node) not in SHOWN_ERRORS:
        yield node  # its text is for programmers
    if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "part":
        yield node  # the name of a part for the log
    if isinstance(node, ast.Assert):
        yield node
    if isinstance(node, ast.ClassDef) and any(ast.unparse(base).endswith("Enum") for base in node.bases):
        yield node  # values of columns, which the service reads again
    yield from _annotations(node)


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _owner(node: ast.Attribute) -> str:
    return getattr(node.value, "id", "")


def _annotations(node: ast.AST) -> Iterator[ast.AST]:
    named = (getattr(node, name, None) for name in ("annotation", "returns"))
    yield from (each for each in named if isinstance(each, ast.AST))


def test_every_sentence_for_people_stands_in_a_template_or_in_the_wording() -> None:
    found = offenders(sentences, DEPLOYED)

    assert {path: texts for path, texts in found.items() if not path.startswith((FOR_PROGRAMMERS, FOR_OPERATORS))} == {}


@pytest.mark.parametrize(
    "line",
    [
        'error = FieldError("email", "Enter your email address")',
        'text = f"{number} people have booked"',
        'title = "Full name"',
        'words = {"a": "the session is cancelled"}',
        'raise ReadingError("email", "Enter one address")',
        'raise CellError(f"Write a number from {least} to {most}.")',
        'said = f"{name} is now {written}" if name else "nothing"',
    ],
)
def test_a_sentence_is_found(line: str) -> None:
    assert len(sentences(line)) == 1


@pytest.mark.parametrize(
    "line",
    [
        '"""A docstring that has several words."""',
        'logger.error("an email could not be sent: %s", name)',
        'raise ValueError("end must be after start")',
        'run_isolated(logger, f"bounced emails of session {name}", run)',
        'class Reason(StrEnum):\n    LATE = "not checked in time"',
        'def fitting(cache: "BytecodeCache or None") -> "Environment of a kind": ...',
        'names = ("PartitionKey", "RowKey")',
        'said = sentence("messages.booking.email")',
    ],
)
def test_what_no_one_reads_who_uses_the_service_is_no_sentence(line: str) -> None:
    assert sentences(line) == []


def used(source: str) -> Iterator[tuple[str, frozenset[str] | None]]:
    """Keys of sentences that a module says, with the names of what it fills in.

    A key that ends with a full stop is the beginning of one that is made up; None: as a table, without filling in.
    """
    for node in nodes(source):
        if isinstance(node, ast.Call) and _called(node) == "sentence":
            yield _key(node.args[0]), frozenset(keyword.arg or "**" for keyword in node.keywords)
        elif isinstance(node, ast.Call) and _called(node) == "table" and isinstance(node.func, ast.Name):
            yield f"{_key(node.args[0])}.", None


def _key(node: ast.expr) -> str:
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    assert isinstance(parts[0], ast.Constant), f"{ast.unparse(node)} names no sentence"
    key = str(parts[0].value)
    assert len(parts) == 1 or key.endswith("."), f"{ast.unparse(node)} makes up more than the ends of a key"
    return key


def placeholders(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\{(\w+)\}", text))


def _leaves(found: object, before: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(found, str):
        yield before.removesuffix("."), found
    elif isinstance(found, dict):
        for name, each in found.items():
            yield from _leaves(each, f"{before}{name}.")


def faults(said: list[tuple[str, frozenset[str] | None]], known: dict[str, str]) -> list[str]:
    """Keys that are said and not known, known and not said, or filled in with other names than they have."""
    found, seen = [], set[str]()
    for key, given in said:
        meant = {
            each: text for each, text in known.items() if each == key or (key.endswith(".") and each.startswith(key))
        }
        seen |= meant.keys()
        found += [] if meant else [f"{key} is not known"]
        found += [
            f"{each} is filled in with other names"
            for each, text in meant.items()
            if given not in (None, placeholders(text))
        ]
    return found + [f"{each} is not said" for each in known.keys() - seen]


def test_each_sentence_is_said_and_filled_in_with_what_it_asks_for() -> None:
    said = [each for path in DEPLOYED for each in used(path.read_text("utf-8"))]

    assert faults(said, dict(_leaves(tomllib.loads(WORDING.read_text("utf-8"))))) == []


def test_a_key_that_does_not_fit_is_found() -> None:
    source = (
        'sentence("a.known", name=1)\nsentence("a.gone")\nsentence(f"b.{code}")\ntable("c")\nsentence("a.other", x=1)'
    )
    known = {"a.known": "{name}", "a.unused": "", "b.one": "", "c.one": "{any}", "a.other": "{y}"}

    assert faults(list(used(source)), known) == [
        "a.gone is not known",
        "a.other is filled in with other names",
        "a.unused is not said",
    ]
