"""Child processes."""

import signal
import sys
from pathlib import Path

import pytest

from local.process.child_process import ChildFailedError, python_command, running_child


def test_a_child_that_ends_by_itself_is_named_with_its_exit_code_and_its_last_words(tmp_path: Path) -> None:
    program = "print('no settings'); raise SystemExit(7)"
    with running_child("The baker", [sys.executable, "-c", program], log=tmp_path / "log", env={}) as child:
        child.process.wait()

        with pytest.raises(ChildFailedError, match=r"The baker has stopped \(exit code 7\)(.|\n)*no settings"):
            child.check()


def test_waiting_for_a_child_ends_when_the_child_does(tmp_path: Path) -> None:
    with (
        running_child("The baker", [sys.executable, "-c", ""], log=tmp_path / "log", env={}) as child,
        pytest.raises(ChildFailedError, match="exit code 0"),
    ):
        child.wait_until(lambda: False)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no exit code that names a signal there")
def test_a_child_in_python_is_asked_to_stop_and_not_killed(tmp_path: Path) -> None:
    server = python_command("http.server", "0", "--bind", "127.0.0.1")
    with running_child("The server", server, log=tmp_path / "log", env={}) as child:
        child.wait_until(lambda: "Serving" in child.log_text())

    assert child.process.returncode == -signal.SIGTERM


def test_a_child_gets_the_environment_that_it_is_given(tmp_path: Path) -> None:
    program = [sys.executable, "-c", "import os; print(os.environ['FLOUR'])"]
    with running_child("The baker", program, log=tmp_path / "log", env={"FLOUR": "rye"}) as child:
        child.process.wait()

    assert child.log_text().strip() == "rye"
