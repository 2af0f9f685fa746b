"""`python dev.py test`."""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from local.commands import test
from tests.builders import ROOT


def _exits(code: int) -> list[str]:
    return [sys.executable, "-c", f"raise SystemExit({code})"]


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """The only stage."""
    steps: dict[str, list[str]] = {}
    monkeypatch.setattr(test, "stages", lambda _arguments: [steps])
    return steps


def test_it_succeeds_if_everything_does(steps: dict[str, list[str]]) -> None:
    steps |= {"lint": _exits(0), "pytest": _exits(0)}

    assert test.main([]) == 0


def test_it_ends_with_the_exit_code_of_the_first_check_that_failed(steps: dict[str, list[str]]) -> None:
    steps |= {"lint": _exits(0), "types": _exits(3), "pytest": _exits(1)}

    assert test.main([]) == 3


def test_a_check_that_fails_does_not_hide_what_the_next_ones_say(
    steps: dict[str, list[str]], capfd: pytest.CaptureFixture[str]
) -> None:
    steps |= {"types": _exits(2), "pytest": [sys.executable, "-c", "print('5 passed')"]}

    test.main([])

    said = capfd.readouterr().out
    assert "5 passed" in said
    assert [line.split()[0] for line in said.partition("What ran:")[2].splitlines() if line] == ["types", "pytest"]


def test_steps_of_one_stage_run_at_the_same_time(steps: dict[str, list[str]], tmp_path: Path) -> None:
    met = "import pathlib, sys, time\nmine, other = map(pathlib.Path, sys.argv[1:])\nmine.touch()\n"
    met += "while not other.exists(): time.sleep(0.01)"
    one, two = str(tmp_path / "one"), str(tmp_path / "two")
    steps |= {"lint": [sys.executable, "-c", met, one, two], "pytest": [sys.executable, "-c", met, two, one]}

    assert test.main([]) == 0


def test_a_stage_runs_even_if_the_one_before_failed(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    services = [sys.executable, "-c", "print('7 passed')"]
    monkeypatch.setattr(test, "stages", lambda _arguments: [{"lint": _exits(4), "units": _exits(0)}, {"e2e": services}])

    assert test.main([]) == 4
    assert "7 passed" in capfd.readouterr().out


def test_interrupted_command_stops_what_it_started_and_reports_what_had_ended(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    stops_us = f"import os, signal; os.kill({os.getpid()}, signal.SIGTERM)"
    sleeps = f"import pathlib, time; time.sleep(600); pathlib.Path({str(tmp_path / 'ended')!r}).touch()"
    last = {"stops": [sys.executable, "-c", stops_us], "pytest": [sys.executable, "-c", sleeps]}
    monkeypatch.setattr(test, "stages", lambda _arguments: [{"lint": _exits(0)}, last])

    assert test.main([]) == 130

    said = capfd.readouterr().out
    assert "Stopped before finishing." in said
    assert "lint" in said.partition("What ran:")[2]
    assert not (tmp_path / "ended").exists()


@pytest.mark.parametrize(
    "arguments", [["tests/unit", "-k", "clock"], ["--nightly", "tests/e2e"], ["--quick", "--nightly"]]
)
def test_with_arguments_only_pytest_runs_and_gets_them(arguments: list[str]) -> None:
    [stage] = test.stages(arguments)
    [(name, command)] = stage.items()

    assert name == "pytest"
    assert command[1:] == ["-m", "pytest", *arguments]


CHECKS = ["ruff check", "ruff format", "djlint pages", "djlint emails", "lint-imports", "mypy"]
UNITS = ["units of shared", "other units"]
SHARED = "tests/unit/shared"


@pytest.mark.parametrize("arguments", [[], ["--nightly"]])
def test_every_check_runs_and_every_folder_of_tests(arguments: list[str]) -> None:
    quick, searches, services = test.stages(arguments)

    assert list(quick) == [*CHECKS, *UNITS]
    assert [*searches, *services] == ["searches", "services"]
    tested = [part for command in [*(quick[name] for name in UNITS), services["services"]] for part in paths(command)]
    assert sorted(tested) == sorted([SHARED, *(f"tests/{folder}" for folder in folders_with_tests())])


def paths(command: Sequence[str]) -> list[str]:
    return [part for part in command if part.startswith("tests/")]


def ignored(command: Sequence[str]) -> list[str]:
    return [part.removeprefix("--ignore=") for part in command if part.startswith("--ignore=")]


def folders_with_tests() -> set[str]:
    return {path.relative_to(ROOT / "tests").parts[0] for path in (ROOT / "tests").rglob("test_*.py")}


def test_quick_runs_the_checks_and_the_units() -> None:
    [stage] = test.stages(["--quick"])

    assert list(stage) == [*CHECKS, *UNITS]
    assert [paths(stage[name]) for name in UNITS] == [[SHARED], ["tests/unit", "tests/architecture"]]


def test_what_the_units_leave_out_runs_after_them() -> None:
    quick, searches, _ = test.stages([])
    left_out = paths(searches["searches"])

    assert [ignored(quick[name]) for name in UNITS] == [left_out, [*left_out, SHARED]]


def test_searches_are_files_and_folders_of_units() -> None:
    assert test.SEARCHES
    assert [path for path in test.SEARCHES if not path.startswith("tests/unit/")] == []
    assert [path for path in test.SEARCHES if not (ROOT / path).exists()] == []


@pytest.mark.parametrize(("processors", "each"), [(1, []), (2, []), (3, []), (4, ["2"]), (8, ["4"])])
def test_each_half_of_the_units_has_half_of_the_processors(
    processors: int, each: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "process_cpu_count", lambda: processors)
    [stage] = test.stages(["--quick"])

    assert [[after for n, after in pairwise(stage[name]) if n == "-n"] for name in UNITS] == [each, each]


@pytest.mark.parametrize(("arguments", "number"), [([], 0), (["--nightly"], 4)])
def test_nightly_tests_run_only_when_asked_for(arguments: list[str], number: int) -> None:
    commands = [command for stage in test.stages(arguments) for command in stage.values()]

    assert sum("--nightly" in command for command in commands) == number


def linted(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [*test.stages([])[0]["djlint pages"][:1], "--configuration", str(ROOT / "pyproject.toml"), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("folder", "number"), [(test.PAGES, 30), (test.EMAILS, 20)])
def test_the_templates_are_clean_and_all_of_them_are_looked_at(folder: tuple[str, ...], number: int) -> None:
    done = linted(*folder)

    looked_at = re.search(r"Linted (\d+) files, found (\d+) errors", done.stdout)
    assert done.returncode == 0, done.stdout
    assert looked_at is not None
    assert (int(looked_at[1]) >= number, looked_at[2]) == (True, "0")


@pytest.mark.parametrize("suffix", ["html", "jinja"])
def test_a_template_with_mistakes_is_not_clean(suffix: str, tmp_path: Path) -> None:
    (tmp_path / f"wrong.{suffix}").write_text('<p style="color: red">{{one}}<img src="/a.png"></p>\n', "utf-8")

    done = linted("--extension", suffix, str(tmp_path))

    assert done.returncode == 1
    assert {"H013", "H021", "T001"} <= set(re.findall(r"[A-Z]\d{3}", done.stdout))
