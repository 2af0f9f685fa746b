"""The parsers of the project, derived from its code: a new one is found by its name, or by what it calls."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.builders import ROOT

_FOLDERS = ("functions", "shared", "local/spreadsheet", "local/opener")
_FILES = ("local/stack/sessions_csv.py",)
_NAMES = ("read", "parse", "decode")
_READERS = frozenset(
    {
        *("loads", "model_validate", "model_validate_json", "validate_json", "validate_python"),
        *("fromisoformat", "fromtimestamp", "UUID", "b64decode", "parse_qsl", "parse_options_header", "urlsplit"),
        *("load_workbook", "reader"),
    }
)
"""Functions of libraries that read a text and raise if they cannot."""


def parsers() -> set[str]:
    """`path:Class.function` of everything that may read text from outside."""
    paths = [path for folder in _FOLDERS for path in (ROOT / folder).rglob("*.py")] + [ROOT / each for each in _FILES]
    return {f"{path.relative_to(ROOT)}:{name}" for path in paths for name in _parsers_of(path)}


def _parsers_of(path: Path) -> Iterator[str]:
    for name, node in _functions(ast.parse(path.read_text("utf-8")), ""):
        is_named = name.rpartition(".")[2].split("_")[0] in _NAMES  # a private one has a name of its own inside
        if (is_named or _calls_reader(node)) and not _is_empty(node):
            yield name


def _functions(node: ast.AST, within: str) -> Iterator[tuple[str, ast.FunctionDef]]:
    for each in ast.iter_child_nodes(node):
        if isinstance(each, ast.FunctionDef):
            yield f"{within}{each.name}", each
        elif isinstance(each, ast.ClassDef):
            yield from _functions(each, f"{within}{each.name}.")


def _calls_reader(node: ast.FunctionDef) -> bool:
    called = (each.func for each in ast.walk(node) if isinstance(each, ast.Call))
    return any(getattr(each, "attr", getattr(each, "id", "")) in _READERS for each in called)


def _is_empty(node: ast.FunctionDef) -> bool:
    """True for a method of a protocol: a docstring and nothing else."""
    return len(node.body) == 1 and isinstance(node.body[0], ast.Expr)
