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
MODELS = [path for path in SHARED if path.parent.name == "model" or path.stem in {"model", "reconcile"}]


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


OWN_ROWS = {  # rows that only the service writes, whatever they held before
    "shared/bookings/retention/holdings_report.py",
    "shared/bookings/retention/run.py",
    "shared/referrals/delivery/mailbox_health.py",
    "shared/referrals/retention/holdings_report.py",
    "shared/bookings/tables/session_register.py",
    "shared/mail/pause.py",
    "shared/tables/once_a_day.py",
    "shared/timer/marks.py",
}


def parsed(path: Path) -> ast.AST:
    return ast.parse(path.read_text("utf-8"))


def test_the_service_knows_no_trigger() -> None:
    offenders = [
        names(path) for path in SHARED if any(name.startswith("azure.functions") for name in imports(parsed(path)))
    ]

    assert offenders == []


def test_only_the_composition_root_reads_the_clock_and_the_environment() -> None:
    forbidden = CLOCKS | {("os", "environ"), ("os", "getenv")}
    others = [path for path in SOURCES if names(path) != "shared/bootstrap.py"]

    assert [names(path) for path in others if forbidden & set(attributes(parsed(path)))] == []


def test_the_model_is_the_standard_library_and_pydantic() -> None:
    offenders = {names(path): found for path in MODELS if (found := foreign(parsed(path)))}

    assert MODELS
    assert offenders == {}


def foreign(tree: ast.AST) -> set[str]:
    return {name.partition(".")[0] for name in imports(tree)} - STANDARD


def test_only_the_services_own_rows_are_overwritten_unconditionally() -> None:
    """An upsert brings back what an administrator deleted."""
    others = [path for path in SHARED if names(path) != "shared/tables/azure_tables.py"]
    upserts = [names(path) for path in others if "upsert" in {name for _, name in attributes(parsed(path))}]
    puts = {names(path) for path in others if ".put(" in path.read_text("utf-8")}

    assert upserts == []
    assert puts - OWN_ROWS == set(), "rows of the service's own tables only"


def test_no_module_is_long_or_a_catch_all() -> None:
    too_long = [names(path) for path in SOURCES if len(path.read_text("utf-8").splitlines()) > 250]
    too_vague = [names(path) for path in SOURCES if path.stem in {"utils", "helpers", "common"}]

    assert too_long == []
    assert too_vague == []


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
    late = (
        "azure.identity",
        "azure.communication",
        "azure.keyvault",
        "azure.data",
        "jinja2",
        "cryptography",
        "icalendar",
    )
    program = f"import sys, function_app; print([name for name in {late} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env={}, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
