"""An installation is trusted only if it was finished, and made from just these files."""

import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from local.process.lock import exclusive_lock
from local.setup import install


class _Machine:
    """Installs into a folder of its own, and makes instead of a real installation a note that it was asked to."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[str] = []
        self.interrupted = False
        self.requirements = folder / "requirements.txt"
        self.requirements.write_text("one==1\n", "utf-8")
        self.venv, self.node = folder / ".venv", folder / "node"
        monkeypatch.setattr(install, "VENV", self.venv)
        monkeypatch.setattr(install, "NODE", self.node)
        monkeypatch.setattr(install, "STATE", folder)
        monkeypatch.setattr(install, "_REQUIREMENTS", (self.requirements,))
        monkeypatch.setattr(install, "_install_packages", self._packages)
        monkeypatch.setattr(install, "_npm_ci", self._npm)

    def _packages(self, python: Path) -> None:
        python.parent.mkdir(parents=True, exist_ok=True)
        python.touch()
        self._note("packages")

    def _npm(self, draft: Path) -> None:
        assert (draft / "package-lock.json").exists()
        self._note("azurite")

    def _note(self, what: str) -> None:
        self.asked.append(what)
        if self.interrupted:
            raise KeyboardInterrupt

    def install(self) -> list[str]:
        self.asked.clear()
        install.install()
        return self.asked


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> _Machine:
    return _Machine(tmp_path, monkeypatch)


def test_the_first_start_installs_everything_and_the_second_nothing(machine: _Machine) -> None:
    assert machine.install() == ["packages", "azurite"]
    assert machine.install() == []


def test_an_environment_of_another_place_is_left_as_it_is(machine: _Machine, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    (theirs / "bin").mkdir(parents=True)
    stamp = theirs / install._STAMP
    stamp.write_text("made for another place", "utf-8")
    machine.venv.symlink_to(theirs, target_is_directory=True)

    with pytest.raises(install.InstallError, match="is a symbolic link"):
        machine.install()

    assert machine.asked == []
    assert stamp.read_text("utf-8") == "made for another place"


def test_changed_requirements_are_installed(machine: _Machine) -> None:
    machine.install()
    machine.requirements.write_text("one==2\n", "utf-8")

    assert machine.install() == ["packages"]


def test_an_interrupted_installation_of_packages_is_done_again(machine: _Machine) -> None:
    machine.interrupted = True
    with pytest.raises(KeyboardInterrupt):
        machine.install()
    machine.interrupted = False

    assert machine.install() == ["packages", "azurite"]


def test_an_interrupted_change_of_packages_is_done_again_even_if_the_change_is_taken_back(machine: _Machine) -> None:
    machine.install()
    machine.requirements.write_text("one==2\n", "utf-8")
    machine.interrupted = True
    with pytest.raises(KeyboardInterrupt):
        machine.install()
    machine.interrupted = False
    machine.requirements.write_text("one==1\n", "utf-8")

    assert machine.install() == ["packages"]


def test_an_interrupted_installation_of_azurite_is_done_again(machine: _Machine) -> None:
    machine.install()
    (machine.node / "installed-from").unlink()
    machine.interrupted = True
    with pytest.raises(KeyboardInterrupt):
        machine.install()
    machine.interrupted = False

    assert machine.install() == ["azurite"]


def test_a_venv_whose_python_is_gone_is_made_again(machine: _Machine) -> None:
    machine.install()
    for name in ("bin", "Scripts"):
        (machine.venv / name / "python").unlink(missing_ok=True)
        (machine.venv / name / "python.exe").unlink(missing_ok=True)

    assert machine.install() == ["packages"]


@pytest.mark.skipif(sys.platform == "win32", reason="a program does not inherit a lock there")
def test_an_installation_waits_for_what_a_killed_one_left_running(tmp_path: Path) -> None:
    left_over = [sys.executable, "-c", "import sys; sys.stdin.read()"]
    with exclusive_lock(tmp_path / "lock"):
        process = subprocess.Popen(left_over, stdin=subprocess.PIPE, close_fds=False)
    attempt = threading.Thread(target=_take, args=(tmp_path / "lock",))
    attempt.start()

    attempt.join(0.5)
    assert attempt.is_alive()

    process.communicate(b"")
    attempt.join()


def _take(lock: Path) -> None:
    with exclusive_lock(lock):
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="it has no such modes")
def test_the_folder_of_state_is_closed_to_others_even_if_it_was_open(machine: _Machine, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)

    machine.install()

    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


def test_packages_of_npm_run_no_script_when_they_are_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    commands: list[list[str]] = []
    monkeypatch.setattr(install, "_run", lambda _, command: commands.append([str(part) for part in command]))

    install._npm_ci(tmp_path)

    [command] = commands
    assert command[2] == "ci"
    assert "--ignore-scripts" in command
