"""The libraries of the package: wheels for Azure's machines, whatever machine this is, with byte code.

They are kept until the requirements, this Python, this file or the languages of the content change. Their stamp,
written last, says what they were made from.
"""

import csv
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Collection
from pathlib import Path

from local.commands.lock import DEPLOYED
from local.package.byte_code import compile_modules
from local.paths import ROOT
from local.process.lock import exclusive_lock

REQUIREMENTS = ROOT / DEPLOYED
_CONTENT = ROOT / "functions" / "content"
_PLATFORMS = ("manylinux_2_28_x86_64", "manylinux2014_x86_64")
_STAMP = "made-from"


class LibrariesError(Exception):
    """They could not be installed. The text is for people."""


def kept_libraries(state: Path) -> Path:
    """The folder of the libraries below `state`, installed anew if it is not there or was made from other files.

    Raises:
        LibrariesError: pip could not install them, or found one with another hash.
    """
    folder, stamp = state / "libraries", state / "libraries" / _STAMP
    with exclusive_lock(state / "libraries.lock"):
        if not stamp.exists() or stamp.read_text("utf-8") != _fingerprint():
            shutil.rmtree(folder, ignore_errors=True)
            install_libraries(folder / "site-packages")
            stamp.write_text(_fingerprint(), "utf-8")
    return folder / "site-packages"


def install_libraries(target: Path) -> None:
    """Installs the exact files of the requirements into an empty folder, and compiles them.

    Raises:
        LibrariesError: pip could not install them, or found one with another hash.
    """
    done = subprocess.run(_pip(target), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False)
    if done.returncode:
        raise LibrariesError("The libraries of the package could not be installed; pip said why.")
    remove_programs(target)
    remove_locales(target, content_languages())
    compile_modules(target)


def _pip(target: Path) -> list[str | Path]:
    quiet = ["--quiet", "--no-input", "--disable-pip-version-check", "--no-warn-script-location"]
    for_azure = ["--only-binary=:all:", "--python-version=3.13", *(f"--platform={each}" for each in _PLATFORMS)]
    exact = ["--require-hashes", "--no-deps", "--no-compile"]
    where: list[str | Path] = ["--target", target, "--requirement", REQUIREMENTS]
    return [sys.executable, "-m", "pip", "install", *quiet, *for_azure, *exact, *where]


def remove_programs(target: Path) -> None:
    """Takes out the commands that libraries bring for a console: they name the Python of this machine."""
    shutil.rmtree(target / "bin", ignore_errors=True)
    for record in target.glob("*.dist-info/RECORD"):
        _keep_in_record(record, lambda name: not name.startswith("../"))


def remove_locales(target: Path, languages: Collection[str]) -> None:
    """Takes out what babel knows of other languages than these: it would be a third of the package."""
    kept = {"root", *languages}
    for path in target.glob("babel/locale-data/*.dat"):
        if path.stem.partition("_")[0] not in kept:
            path.unlink()
    for record in target.glob("babel-*.dist-info/RECORD"):
        _keep_in_record(record, lambda name: (target / name).exists())


def content_languages() -> list[str]:
    """Returns the languages of the content files that are deployed, without scripts and regions: cy for cy-GB."""
    return sorted({path.stem.partition("-")[0] for path in _CONTENT.rglob("*.toml")})


def _keep_in_record(record: Path, is_kept: Callable[[str], bool]) -> None:
    with record.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.reader(file) if is_kept(row[0])]
    with record.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def _fingerprint() -> str:
    made_from = (REQUIREMENTS.read_bytes(), Path(__file__).read_bytes(), sys.version.encode())
    languages = " ".join(content_languages()).encode()
    return hashlib.sha256(b"\0".join([*made_from, languages])).hexdigest()
