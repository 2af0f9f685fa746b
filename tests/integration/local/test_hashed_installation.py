"""Packages are installed only as they were when the requirements were compiled: a file with another hash is refused."""

import base64
import hashlib
import os
import subprocess
import sys
import venv
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest
import uv

from local.setup.install import pip_command, uv_command

NAME = "hashedexample"
_METADATA = f"{NAME}-1.0.dist-info"
_FILES = {
    f"{NAME}.py": "",
    f"{_METADATA}/METADATA": f"Metadata-Version: 2.1\nName: {NAME}\nVersion: 1.0\n",
    f"{_METADATA}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("index") / f"{NAME}-1.0-py3-none-any.whl"
    rows = [f"{name},sha256={_digest(text)},{len(text)}" for name, text in _FILES.items()]
    record = "\n".join([*rows, f"{_METADATA}/RECORD,,"]) + "\n"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in {**_FILES, f"{_METADATA}/RECORD": record}.items():
            archive.writestr(name, text)
    return path


def python_of(folder: Path, *, with_pip: bool) -> Path:
    """The Python of an environment of its own; with the pip that Python brings, which takes seconds, or without."""
    venv.create(folder, with_pip=with_pip, symlinks=sys.platform != "win32")
    return folder / "Scripts" / "python.exe" if sys.platform == "win32" else folder / "bin" / "python"


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def pinned(folder: Path, digest: str) -> list[Path]:
    path = folder / "requirements.txt"
    path.write_text(f"{NAME}==1.0" + (f" --hash=sha256:{digest}\n" if digest else "\n"), "utf-8")
    return [path]


def installed(command: Sequence[str | Path], wheel: Path) -> str:
    """The complaint of the command, which finds no package but this one; "" if it succeeds."""
    offline = {"PIP_NO_INDEX": "1", "UV_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheel.parent), "UV_OFFLINE": "1"}
    env = {**os.environ, **offline, "UV_FIND_LINKS": str(wheel.parent), "UV_NO_CACHE": "1", "UV_NO_CONFIG": "1"}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr or "failed") if done.returncode else ""


@pytest.mark.parametrize("tool", ["pip", "uv"])
def test_a_package_with_another_hash_or_none_is_not_installed(tool: str, wheel: Path, tmp_path: Path) -> None:
    python = python_of(tmp_path / "environment", with_pip=tool == "pip")
    right = hashlib.sha256(wheel.read_bytes()).hexdigest()
    wrong = right.translate(str.maketrans("0123456789abcdef", "123456789abcdef0"))

    def attempt(digest: str) -> str:
        files = pinned(tmp_path, digest)
        by_uv = uv_command(uv.find_uv_bin(), python, files)
        return installed(by_uv if tool == "uv" else pip_command(python, files), wheel)

    assert "hash" in attempt(wrong).lower()
    assert "hash" in attempt("").lower()
    assert attempt(right) == ""


def test_pip_alone_goes_by_the_hashes_of_the_file_as_where_it_is_deployed(wheel: Path, tmp_path: Path) -> None:
    pip: list[str | Path] = [sys.executable, "-m", "pip", "install", "--target", tmp_path / "packages", "-r"]

    assert "hash" in installed([*pip, *pinned(tmp_path, "0" * 64)], wheel).lower()
    assert installed([*pip, *pinned(tmp_path, hashlib.sha256(wheel.read_bytes()).hexdigest())], wheel) == ""
