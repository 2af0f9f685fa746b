"""Tests marked nightly: left out and counted unless asked for, and each one a variant of a test that always runs."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders import ROOT

SAMPLE = """
import pytest

def test_always(): pass

@pytest.mark.parametrize("number", [1, pytest.param(50, marks=pytest.mark.nightly)])
def test_in_short_and_at_length(number): pass
"""
LINE = "1 nightly tests were left out; --nightly runs them."


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "test_sample.py").write_text(SAMPLE, "utf-8")
    return tmp_path


def run_pytest(project: Path, *options: str) -> str:
    command = [sys.executable, "-m", "pytest", "--rootdir", str(project), "-p", "xdist", "-p", "tests.nightly"]
    command += ["-p", "no:cacheprovider", "--strict-markers", *options, str(project)]
    environment = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_nightly_tests_are_left_out_and_counted(workers: tuple[str, ...], project: Path) -> None:
    said = run_pytest(project, *workers)

    assert "2 passed" in said
    assert LINE in said.splitlines()


@pytest.mark.parametrize("workers", [(), pytest.param(("-n", "2"), marks=pytest.mark.nightly)])
def test_nightly_tests_run_when_asked_for(workers: tuple[str, ...], project: Path) -> None:
    said = run_pytest(project, "--nightly", *workers)

    assert "3 passed" in said
    assert "left out" not in said


def test_where_there_are_none_nothing_is_said_of_them(tmp_path: Path) -> None:
    (tmp_path / "test_sample.py").write_text("def test_always(): pass\n", "utf-8")

    assert "left out" not in run_pytest(tmp_path)


def parametrised(function: ast.FunctionDef) -> tuple[int, int]:
    """Number of marks on a test, and of those in a list that also holds a case that always runs."""
    marks = sum(is_mark(node) for each in function.decorator_list for node in ast.walk(each))
    lists = [node for each in function.decorator_list for node in ast.walk(each) if isinstance(node, ast.List)]
    nightly = [[any(map(is_mark, ast.walk(case))) for case in each.elts] for each in lists]
    return marks, sum(sum(cases) for cases in nightly if not all(cases))


def is_mark(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "nightly"


def without_quicker_sibling(source: str) -> list[str]:
    """Tests with the mark that are not cases of one list with a case that always runs."""
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    return [each.name for each in functions if len({*parametrised(each)}) > 1]


def test_every_nightly_test_has_a_quicker_sibling_that_always_runs() -> None:
    files = [path for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__)]
    marked = [path for path in files if "mark.nightly" in path.read_text("utf-8")]

    assert marked
    assert {path.name: found for path in marked if (found := without_quicker_sibling(path.read_text("utf-8")))} == {}


@pytest.mark.parametrize(
    "decorator",
    [
        "@pytest.mark.nightly",
        '@pytest.mark.parametrize("n", [pytest.param(1, marks=pytest.mark.nightly)])',
        '@pytest.mark.parametrize("n", [1, 2])\n@pytest.mark.nightly',
    ],
)
def test_nightly_test_without_sibling_is_found(decorator: str) -> None:
    assert without_quicker_sibling(f"{decorator}\ndef test_alone(n): pass\n") == ["test_alone"]
    assert without_quicker_sibling(SAMPLE) == []
