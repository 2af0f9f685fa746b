"""Rules of the design that no import linter can see, read off the source."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders import ROOT

SOURCES = sorted([ROOT / "function_app.py", *(ROOT / "functions").rglob("*.py"), *(ROOT / "shared").rglob("*.py")])
SHARED = [path for path in SOURCES if (ROOT / "shared") in path.parents]
CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time")}
STANDARD = set(sys.stdlib_module_names) | {"pydantic", "pydantic_core", "shared"}


def names(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def attributes(tree: ast.AST) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield node.value.id, node.attr


@pytest.mark.parametrize("path", SHARED, ids=names)
def test_the_service_knows_no_trigger(path: Path) -> None:
    assert not any(name.startswith("azure.functions") for name in imports(ast.parse(path.read_text("utf-8"))))


@pytest.mark.parametrize("path", [path for path in SOURCES if path.stem != "bootstrap"], ids=names)
def test_only_the_composition_root_reads_the_clock_and_the_environment(path: Path) -> None:
    found = set(attributes(ast.parse(path.read_text("utf-8"))))

    assert not found & CLOCKS
    assert not found & {("os", "environ"), ("os", "getenv")}


@pytest.mark.parametrize("path", [p for p in SHARED if p.stem in {"model", "reconcile"}], ids=names)
def test_the_model_is_the_standard_library_and_pydantic(path: Path) -> None:
    assert {name.partition(".")[0] for name in imports(ast.parse(path.read_text("utf-8")))} <= STANDARD


@pytest.mark.parametrize("path", [path for path in SHARED if path.stem != "storage"], ids=names)
def test_only_the_service_s_own_rows_are_written_over_whatever_they_hold(path: Path) -> None:
    """An upsert brings back what an administrator deleted."""
    calls = {attribute for _, attribute in attributes(ast.parse(path.read_text("utf-8")))}
    text = path.read_text("utf-8")

    assert "upsert" not in calls
    own = {"service_rows", "held", "retention", "mailbox"}
    assert ".put(" not in text or path.stem in own, "rows of the service's own tables only"


@pytest.mark.parametrize("path", SOURCES, ids=names)
def test_no_module_is_a_place_for_everything(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 250
    assert path.stem not in {"utils", "helpers", "common"}


def own_names() -> list[str]:
    """What is this trust's and this provider's own: their names, their addresses, their domains."""
    content = tomllib.loads((ROOT / "functions" / "content" / "mersey-care.toml").read_text("utf-8"))
    provider = content["provider"]
    domains = [provider["email"].partition("@")[2], "merseycare"]
    return [content["organisation"]["name"], provider["short_name"], provider["name"], provider["email"], *domains]


@pytest.mark.parametrize("name", own_names())
def test_nothing_of_this_trust_is_in_code_or_templates(name: str) -> None:
    places = [*SOURCES, *ROOT.glob("functions/templates/**/*.html"), *ROOT.glob("shared/mail/templates/*")]

    assert [names(path) for path in places if name.casefold() in path.read_text("utf-8").casefold()] == []


def test_the_app_is_indexed_with_an_empty_environment() -> None:
    program = "import function_app; print(len(function_app.app.get_functions()))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env={}, capture_output=True, text=True, check=False
    )

    assert done.stderr == ""
    assert int(done.stdout) >= 14


def test_indexing_loads_nothing_that_only_some_functions_need() -> None:
    """Each of these is a good part of a cold start."""
    late = ("azure.identity", "azure.communication", "azure.keyvault", "azure.data", "jinja2", "cryptography")
    program = f"import sys, function_app; print([name for name in {late} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env={}, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
