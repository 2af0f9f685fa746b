"""Reading rules off the source: files, what they import, and what is written in docstrings and comments."""

import ast
import io
import tokenize
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

from tests.builders import ROOT

type Rule = Callable[[str], Iterable[object]]

DEPLOYED = sorted([ROOT / "function_app.py", *(ROOT / "functions").rglob("*.py"), *(ROOT / "shared").rglob("*.py")])
SHARED = [path for path in DEPLOYED if (ROOT / "shared") in path.parents]
LOCAL = sorted((ROOT / "local").rglob("*.py"))


def offenders(rule: Rule, paths: Iterable[Path]) -> dict[str, list[object]]:
    """Offences by file, as the rule finds them in a file's text."""
    found = {relative(path): list(rule(path.read_text("utf-8"))) for path in paths}
    return {name: offences for name, offences in found.items() if offences}


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def nodes(source: str) -> tuple[ast.AST, ...]:
    """Everything that is said in a file's text; many rules look through the same files."""
    return tuple(ast.walk(ast.parse(source)))


def imports(source: str) -> Iterator[str]:
    for node in nodes(source):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def attributes(source: str) -> Iterator[tuple[str, str]]:
    """Each `name.attribute`."""
    for node in nodes(source):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield node.value.id, node.attr


def docstrings(source: str) -> Iterator[str]:
    """Those of modules, classes and functions, and those below an attribute."""
    for node in nodes(source):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.value.value


def comments(source: str) -> Iterator[str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    yield from (token.string for token in tokens if token.type == tokenize.COMMENT)
