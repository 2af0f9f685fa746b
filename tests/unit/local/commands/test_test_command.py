"""`python dev.py test`."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from local.commands import test
from tests.builders import ROOT


def _exits(code: int) -> list[str]:
    return [sys.executable, "-c", f"raise SystemExit({code})"]


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    steps: dict[str, list[str]] = {}
    monkeypatch.setattr(test, "steps", lambda _arguments: steps)
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


def test_with_arguments_only_pytest_runs_and_gets_them() -> None:
    [(name, command)] = test.steps(["tests/unit", "-k", "clock"]).items()

    assert name == "pytest"
    assert command[1:] == ["-m", "pytest", "tests/unit", "-k", "clock"]


def test_without_arguments_every_check_runs_and_pytest_last() -> None:
    assert list(test.steps([])) == [
        "ruff check",
        "ruff format",
        "mypy",
        "lint-imports",
        "djlint pages",
        "djlint mails",
        "pytest",
    ]


def linted(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [*test.steps([])["djlint pages"][:1], "--configuration", str(ROOT / "pyproject.toml"), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("folder", "number"), [(test.PAGES, 30), (test.MAILS, 20)])
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
