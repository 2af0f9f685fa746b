"""`dev.py` as it is started."""

import os
import runpy
import sys
from pathlib import Path

import pytest

from local.paths import ROOT
from local.setup import install


def test_another_python_than_the_one_in_azure_is_refused_in_plain_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 12, 4, "final", 0))
    monkeypatch.setattr(sys, "version", "3.12.4 (main)")

    with pytest.raises(SystemExit, match=r"needs Python 3\.13.* this is 3\.12\.4"):
        runpy.run_path(str(ROOT / "dev.py"), run_name="__main__")


def test_a_command_that_there_is_not_is_answered_with_those_that_there_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["dev.py", "start"])

    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(ROOT / "dev.py"), run_name="__main__")

    assert ended.value.code == 2
    assert "python dev.py test" in capsys.readouterr().err


@pytest.mark.parametrize("question", ["help", "--help", "-h"])
def test_who_asks_is_told_the_commands(
    question: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["dev.py", question])

    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(ROOT / "dev.py"), run_name="__main__")

    assert ended.value.code == 0
    assert "python dev.py test" in capsys.readouterr().out


@pytest.mark.skipif(sys.platform == "win32", reason="there it starts a child instead")
def test_what_it_starts_keeps_the_compiled_modules(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def start(program: object, arguments: list[str]) -> None:
        raise SystemExit("PYTHONDONTWRITEBYTECODE" in os.environ)

    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["dev.py", "test"])
    monkeypatch.setattr(install, "install", lambda: tmp_path / "python")
    monkeypatch.setattr(os, "execv", start)

    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(ROOT / "dev.py"), run_name="__main__")

    assert ended.value.code is False
