"""Child processes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from local.paths import ROOT
from local.process.child_process import ChildFailedError, running_child, running_module


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
@pytest.mark.parametrize("forks", [False, True])
def test_a_child_in_python_is_asked_to_stop_and_not_killed(tmp_path: Path, *, forks: bool) -> None:
    server = ("0", "--bind", "127.0.0.1")
    with running_module("The server", "http.server", server, log=tmp_path / "log", env={}, forks=forks) as child:
        child.wait_until(lambda: "Serving" in child.log_text())

    assert child.process.returncode == -signal.SIGTERM


SAYS = """
import os, sys
print(sys.argv[1:], os.environ["FLOUR"], "imported" if "functions.bookings.book" in sys.modules else "anew")
raise SystemExit(7)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere every process begins anew")
def test_a_copy_has_imported_the_service_and_has_a_command_line_an_environment_and_an_exit_code_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a_baker.py").write_text(SAYS, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    log, env = tmp_path / "log", {"FLOUR": "rye"}
    with running_module("The baker", "a_baker", ["bread"], log=log, env=env, forks=True) as child:
        assert child.process.wait(60) == 7

        assert child.log_text().strip() == "['bread'] rye imported"
        with pytest.raises(ChildFailedError, match=r"The baker has stopped \(exit code 7\)"):
            child.check()


PARENT = """
import sys, time
from pathlib import Path
from local.process.child_process import running_module
if __name__ == "__main__":
    log = Path(sys.argv[1])
    with running_module("The server", "http.server", ["0"], log=log, env={}, forks=True) as child:
        child.wait_until(lambda: "Serving" in child.log_text())
        print(child.process.pid, flush=True)
        time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere every process begins anew")
def test_a_copy_does_not_outlive_the_process_that_asked_for_it(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT, "utf-8")
    command, env = [sys.executable, str(script), str(tmp_path / "log")], {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert Path(f"/proc/{pid}").exists()
        parent.kill()

    deadline = time.monotonic() + 30
    while Path(f"/proc/{pid}").exists():
        assert time.monotonic() < deadline, "it still runs"
        time.sleep(0.05)


def test_a_child_gets_the_environment_that_it_is_given(tmp_path: Path) -> None:
    program = [sys.executable, "-c", "import os; print(os.environ['FLOUR'])"]
    with running_child("The baker", program, log=tmp_path / "log", env={"FLOUR": "rye"}) as child:
        child.process.wait()

    assert child.log_text().strip() == "rye"
